/// How a call ended and what it used, in our words.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace peko::engine {

enum class Outcome : std::uint8_t {
  Ok,
  Cpu,         ///< crossed Limits::cpu
  Memory,      ///< trapped after growth beyond Limits::memory_bytes was refused
  Stack,       ///< exhausted the wasm stack
  Trap,        ///< any other trap
  Exit,        ///< called exit()
  NoResponse,  ///< returned without setting a response
  Exception,   ///< its script threw, at its top level or in its handler
  Capacity,    ///< no free slot for a fresh instance, or all instances together hold too much memory
  Resources,   ///< too many host resources, or too large a host call
  BadRequest,  ///< the head cannot be expressed in wasi:http
  Cancelled,   ///< we gave it up
  Internal,    ///< a bug of ours
};

struct Usage {
  Outcome outcome = Outcome::Ok;
  std::string message;  ///< empty on success; the cause in one line, then the backtrace, a frame a line
  /// Of the backtrace: where each frame is in the component's bytes, for symbolise(); 0: not known.
  std::vector<std::uint32_t> frames;
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds instantiate{};  ///< 0 when warm
  std::uint64_t memory_peak_bytes = 0;
  std::uint32_t uses = 0;  ///< calls that the instance has served, this one included
  std::uint32_t subrequests = 0;
  std::uint32_t key_value_operations = 0;
};

}  // namespace peko::engine

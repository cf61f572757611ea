/// What one connection may cost. Enforced by the codec, whoever answers.
#pragma once

#include <chrono>
#include <cstddef>

namespace peko::http {

struct Limits {
  std::size_t head_bytes_max = 128 * 1024;  ///< request line and fields
  std::size_t field_count_max = 200;
  std::size_t target_bytes_max = 8192;
  std::size_t write_high_water = 256 * 1024;        ///< bytes queued to one client before Exchange::writable() is false
  std::size_t connections_max = 65'536;             ///< of one server on one loop; more wait in the listener's backlog
  std::size_t discard_bytes_max = 64 * 1024;        ///< of a body nobody reads, to keep the connection; else it closes
  std::chrono::milliseconds idle_timeout{75'000};   ///< between requests (nginx's keepalive_timeout)
  std::chrono::milliseconds head_timeout{10'000};   ///< from a request's first byte to the end of its head
  std::chrono::milliseconds body_timeout{30'000};   ///< without a byte of the body, while somebody wants it
  std::chrono::milliseconds write_timeout{30'000};  ///< without the client taking a byte
};

}  // namespace peko::http

/// The settings of one node, whatever they came from (defaults, file, environment, flags: cli/ merges them).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/limits.hpp"
#include "http/limits.hpp"

namespace peko::node {

enum class LogFormat {
  Text,  ///< for people: one readable line a request, coloured on a terminal
  Json,  ///< for machines: one JSON object a line
  Off,   ///< no request lines; errors and guest output only
};

/// Whether clients are told why a function failed.
enum class FaultDetail { Hide, Show };

struct Config {
  std::string listen = "127.0.0.1:3000";
  std::string domain = "localhost";    ///< a function answers at <name>.<domain>
  std::string default_function;        ///< answers every host that names no function; empty: none
  unsigned threads = 0;                ///< loops; 0: one per core
  std::uint32_t instances_max = 4096;  ///< alive at once in this node: address space for each is reserved at start
  std::string cache_dir;               ///< compiled artifacts
  std::chrono::microseconds clock_resolution = engine::kClockResolution;  ///< of what functions see of time
  LogFormat log_format = LogFormat::Text;
  std::chrono::milliseconds drain_timeout{25'000};  ///< after SIGTERM, before what is left is reset
  FaultDetail fault_detail = FaultDetail::Hide;
  http::Limits http;
};

}  // namespace peko::node

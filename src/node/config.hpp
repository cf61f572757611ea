/// The settings of one node, whatever they came from (defaults, file, environment, flags: cli/ merges them).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "http/limits.hpp"
#include "net/address_range.hpp"

namespace peko::node {

enum class LogFormat {
  Text,  ///< for people: one readable line a request, coloured on a terminal
  Json,  ///< for machines: one JSON object a line
  Off,   ///< no request lines; errors and guest output only
};

struct Config {
  std::string listen = "127.0.0.1:3000";
  std::string domain = "localhost";    ///< a function answers at <name>.<domain>
  std::string default_function;        ///< answers every host that names no function; empty: none
  unsigned threads = 0;                ///< loops; 0: one per core
  std::uint32_t instances_max = 4096;  ///< alive at once in this node: address space for each is reserved at start
  std::string cache_dir;               ///< compiled artifacts
  LogFormat log_format = LogFormat::Text;
  std::chrono::milliseconds drain_timeout{25'000};       ///< after SIGTERM, before what is left is reset
  std::vector<net::AddressRange> outbound_allow_ranges;  ///< what guests may reach beside public addresses
  std::string outbound_ca_file;  ///< certificates that guests' requests trust instead of the system's; empty: those
  http::Limits http;
};

}  // namespace peko::node

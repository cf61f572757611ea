/// The settings of one node, whatever they came from (defaults, file, environment, flags: cli/ merges them).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "edge/dev_channel.hpp"
#include "edge/server_timing.hpp"
#include "engine/limits.hpp"
#include "http/limits.hpp"
#include "keyvalue/check.hpp"
#include "net/address_range.hpp"
#include "node/compile_limits.hpp"

namespace peko::node {

enum class LogFormat {
  Text,  ///< for people: one readable line a request, coloured on a terminal
  Json,  ///< for machines: one JSON object a line
  Off,   ///< no request lines; errors and guest output only
};

/// Whether clients are told why a function failed.
enum class FaultDetail { Hide, Show };

/// What becomes of an admin listener whose port is taken.
enum class AdminPort {
  Given,  ///< the node does not start
  Any,    ///< it gets another one: several `peko dev` at once
};

struct Config {
  std::string listen = "127.0.0.1:3000";
  std::string admin;  ///< where the operator asks; empty: nowhere
  AdminPort admin_port = AdminPort::Given;
  std::string domain = "localhost";    ///< a function answers at <name>.<domain>
  std::string default_function;        ///< answers every host that names no function; empty: none
  unsigned threads = 0;                ///< loops; 0: one per core
  std::uint32_t instances_max = 4096;  ///< alive at once in this node: address space for each is reserved at start
  std::string cache_dir;               ///< the local cache: components, compiled artifacts, what stores last said
  std::uint64_t cache_mb = 4096;       ///< what the cache may hold
  std::string data_dir;                ///< key-value stores; empty: there are none
  std::uint64_t keyvalue_value_mb = keyvalue::kValueBytesMax >> 20;  ///< what one of their values may have
  std::string key_file;                ///< the node key, which must exist; empty: <cache_dir>/key, made when missing
  std::uint64_t asset_memory_mb = 64;  ///< static files that are held in memory
  std::chrono::milliseconds check_interval{1000};  ///< between looks at the code store
  std::uint64_t functions_loaded_max = 0;          ///< functions that are loaded at once; 0: as the system permits
  CompileLimits compile;                           ///< of each compilation
  unsigned compile_at_once = 0;                    ///< at most kCompileAtOnceMax; 0: one per two cores
  std::uint32_t concurrency_max = 0;               ///< requests that run at once in this node; 0: as many as instances
  std::uint32_t function_concurrency_max = 0;      ///< ... of one function; 0: half of the node's
  std::uint32_t queue_max = 4096;                  ///< requests that wait for an instance; half of it for one function
  std::uint64_t memory_budget_mb = 0;  ///< what all instances may hold; 0: 60 % of the machine's or container's
  std::chrono::microseconds clock_resolution = engine::kClockResolution;  ///< of what functions see of time
  LogFormat log_format = LogFormat::Text;
  std::chrono::milliseconds drain_timeout{25'000};  ///< after SIGTERM, before what is left is reset
  std::string admin_token;  ///< the operator's secret, never shown; empty: nobody is the operator
  edge::TimingPolicy::For timing = edge::TimingPolicy::For::Operator;  ///< who is told where the time went
  std::string alert_webhook;  ///< a URL that is told of trouble, a secret; empty: nobody is told
  std::vector<net::AddressRange> outbound_allow_ranges;  ///< what guests may reach beside public addresses
  std::string outbound_ca_file;  ///< certificates that guests' requests trust instead of the system's; empty: those
  FaultDetail fault_detail = FaultDetail::Hide;
  edge::DevChannel* dev = nullptr;        ///< to the browsers of a developer; outlives the node; null: production
  std::uint64_t inspect_requests = 4096;  ///< requests that are remembered for the inspector; 0: none
  std::uint64_t inspect_log_mb = 8;       ///< output of functions that is remembered for it; 0: none
  http::Limits http;
};

/// Where the key-value stores are of a node with this `data_dir`.
inline std::filesystem::path key_value_folder(const std::string& data_dir) {
  return std::filesystem::path(data_dir) / "keyvalue";
}

}  // namespace peko::node

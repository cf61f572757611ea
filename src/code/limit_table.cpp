#include "code/limit_table.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/assert.hpp"
#include "code/asset_index.hpp"

namespace peko::code {
namespace {

using std::chrono::milliseconds;

std::uint64_t count(milliseconds time) { return static_cast<std::uint64_t>(time.count()); }

constexpr std::array<LimitRow, kLimitCount> kTable = {{
    {Limit::Cpu, "cpu_ms", 1, 300'000, [](const Function& f) { return count(f.limits.cpu); },
     [](Function& f, std::uint64_t v) { f.limits.cpu = milliseconds(v); }},
    {Limit::Wall, "wall_ms", 0, 86'400'000, [](const Function& f) { return count(f.limits.wall); },
     [](Function& f, std::uint64_t v) { f.limits.wall = milliseconds(v); }},
    {Limit::Memory, "memory_mb", 1, kMemoryMbMax, [](const Function& f) { return f.limits.memory_bytes >> 20; },
     [](Function& f, std::uint64_t v) { f.limits.memory_bytes = v << 20; }},
    // The connection's own limits (http::Limits) come first; a manifest can only ask for less.
    {Limit::RequestHeaders, "request_headers_kb", 1, 128,
     [](const Function& f) -> std::uint64_t { return f.limits.request_header_bytes >> 10; },
     [](Function& f, std::uint64_t v) { f.limits.request_header_bytes = static_cast<std::uint32_t>(v << 10); }},
    {Limit::Uri, "uri_bytes", 1, 8192, [](const Function& f) -> std::uint64_t { return f.limits.uri_bytes; },
     [](Function& f, std::uint64_t v) { f.limits.uri_bytes = static_cast<std::uint32_t>(v); }},
    {Limit::RequestBody, "request_body_mb", 0, 10'240,
     [](const Function& f) { return f.limits.request_body_bytes >> 20; },
     [](Function& f, std::uint64_t v) { f.limits.request_body_bytes = v << 20; }},
    {Limit::Subrequests, "subrequests", 0, 1000,
     [](const Function& f) -> std::uint64_t { return f.limits.subrequests; },
     [](Function& f, std::uint64_t v) { f.limits.subrequests = static_cast<std::uint32_t>(v); }},
    {Limit::SubrequestsAtOnce, "subrequests_at_once", 1, 4096,
     [](const Function& f) -> std::uint64_t { return f.limits.subrequests_at_once; },
     [](Function& f, std::uint64_t v) { f.limits.subrequests_at_once = static_cast<std::uint32_t>(v); }},
    {Limit::Log, "log_kb", 0, 1024, [](const Function& f) -> std::uint64_t { return f.limits.log_bytes >> 10; },
     [](Function& f, std::uint64_t v) { f.limits.log_bytes = static_cast<std::uint32_t>(v << 10); }},
    {Limit::Component, "component_mb", 1, kComponentBytesMax >> 20,
     [](const Function& f) { return f.component_bytes_max >> 20; },
     [](Function& f, std::uint64_t v) { f.component_bytes_max = v << 20; }},
    {Limit::KeyValue, "keyvalue_mb", 1, kKeyValueMbMax, [](const Function& f) { return f.limits.keyvalue_bytes >> 20; },
     [](Function& f, std::uint64_t v) { f.limits.keyvalue_bytes = v << 20; }, "keyvalue", "quota_mb"},
    {Limit::Asset, "asset_mb", 1, kAssetBytesMax >> 20, [](const Function& f) { return f.asset_bytes_max >> 20; },
     [](Function& f, std::uint64_t v) { f.asset_bytes_max = v << 20; }},
    {Limit::Assets, "assets_mb", 1, kAssetsBytesMax >> 20, [](const Function& f) { return f.assets_bytes_max >> 20; },
     [](Function& f, std::uint64_t v) { f.assets_bytes_max = v << 20; }},
    {Limit::AssetFiles, "asset_files", 0, kAssetFilesMax, [](const Function& f) { return f.asset_files_max; },
     [](Function& f, std::uint64_t v) { f.asset_files_max = v; }},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    if (static_cast<std::size_t>(kTable[i].limit) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order(), "rows are found by their limit");

std::string shown(Limit limit, std::uint64_t value) {
  return limit == Limit::Wall && value == 0 ? "0 (none)" : std::to_string(value);
}

}  // namespace

std::span<const LimitRow, kLimitCount> limit_table() { return kTable; }

const LimitRow& row_of(Limit limit) { return kTable[static_cast<std::size_t>(limit)]; }

LimitsMax::LimitsMax() {
  for (const LimitRow& row : kTable) {
    set(row.limit, row.limit == Limit::Wall ? 0 : row.high);
  }
}

bool LimitsMax::permits(Limit limit, std::uint64_t value) const {
  const std::uint64_t most = of(limit);
  if (limit == Limit::Wall) {
    return most == 0 || (value != 0 && value <= most);
  }
  return value <= most;
}

Function function_within(const LimitsMax& maxima) {
  Function function;
  for (const LimitRow& row : kTable) {
    if (!maxima.permits(row.limit, row.get(function))) {
      row.set(function, maxima.of(row.limit));
    }
  }
  return function;
}

std::string above_maximum(const LimitRow& row, std::uint64_t value, const LimitsMax& maxima) {
  PEKO_ASSERT(!maxima.permits(row.limit, value), "only what is not permitted has something wrong");
  return fmt::format(
      "\"{}\" is {}, but this node allows at most {} (limits_max.{} in peko-node.toml): ask for less, or let the "
      "operator raise it",
      row.manifest_key(), shown(row.limit, value), maxima.of(row.limit), row.key);
}

}  // namespace peko::code

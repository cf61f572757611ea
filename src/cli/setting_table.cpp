// The table of settings: what each is called, what it takes, which commands read it.
#include <algorithm>
#include <array>

#include "cli/setting_values.hpp"
#include "cli/settings.hpp"
#include "keyvalue/check.hpp"

namespace peko::cli {
namespace {

using Kind = Setting::Kind;
using For = Setting::For;

/// Stores a value that was read well, or hands its error on.
template <typename Target, typename Value>
Status keep(Target& target, Result<Value> value) {
  if (!value) {
    return fail(std::move(value.error()));
  }
  target = static_cast<Target>(std::move(*value));
  return {};
}

/// The most instances: three memories of 4 GiB of address space each must fit below the program, which Linux puts at
/// two thirds of 47 bits, and above the allocator's blocks, which begin at 2 to 6 TiB.
constexpr std::uint64_t kInstancesMax = 6400;

/// The row of a limit's maximum.
template <code::Limit kLimit>
constexpr Setting maximum(std::string_view key, std::string_view environment, std::string_view flag,
                          std::string_view help) {
  return {key, environment, flag, "N", help, Kind::Number, For::Both, [](Settings& s, std::string_view text) -> Status {
            const code::LimitRow& row = code::row_of(kLimit);
            const Result<std::uint64_t> most = whole_number(text, row.low, row.high);
            if (!most) {
              return fail(most.error());
            }
            s.limits_max.set(kLimit, *most);
            return {};
          }};
}

/// A waiting request holds a connection and a copy of its head: 128 KiB at the most.
constexpr std::uint64_t kQueueMax = 100'000;
/// 1 PiB: only so that the bytes are a number.
constexpr std::uint64_t kMemoryBudgetMax = 1ULL << 30;
constexpr std::uint64_t kCacheMax = kMemoryBudgetMax;
/// 34 MiB, and some milliseconds to look through them all.
constexpr std::uint64_t kInspectRequestsMax = 100'000;
constexpr std::uint64_t kInspectLogMax = 4096;

constexpr std::array kSettings = {
    Setting{"listen", "PEKO_LISTEN", "--listen", "HOST:PORT", "where users' requests come in", Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.listen, listen_address(text)); }},
    Setting{"admin", "PEKO_ADMIN", "--admin", "HOST:PORT|off", "metrics and health for the operator", Kind::Text,
            For::Both,
            [](Settings& s, std::string_view text) {
              s.node.admin_port = node::AdminPort::Given;
              return keep(s.node.admin, admin_address(text));
            }},
    Setting{"code", "PEKO_CODE", "--code", "URL", "the code store: a folder, file:///folder or s3://bucket/prefix",
            Kind::Path, For::Serve, [](Settings& s, std::string_view text) { return keep(s.code, code_store(text)); }},
    Setting{"check_interval_ms", "PEKO_CHECK_INTERVAL_MS", "--check-interval-ms", "N",
            "how often the code store is looked at for changes", Kind::Number, For::Serve,
            [](Settings& s, std::string_view text) {
              return keep(s.node.check_interval, milliseconds(whole_number(text, 50, 3'600'000)));
            }},
    Setting{"functions_loaded_max", "PEKO_FUNCTIONS_LOADED_MAX", "--functions-loaded-max", "N",
            "functions that are loaded at once; 0: what the system permits, at most 2000", Kind::Number, For::Serve,
            [](Settings& s, std::string_view text) {
              return keep(s.node.functions_loaded_max, whole_number(text, 0, 100'000));
            }},
    Setting{"domain", "PEKO_DOMAIN", "--domain", "NAME", "a function answers at its name below this domain", Kind::Text,
            For::Both, [](Settings& s, std::string_view text) { return keep(s.node.domain, domain_name(text)); }},
    Setting{"default", "PEKO_DEFAULT", "--default", "FUNCTION", "answers every host that names no function", Kind::Text,
            For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.default_function, not_empty(text)); }},
    Setting{"threads", "PEKO_THREADS", "--threads", "N", "threads that serve requests; 0: one per core", Kind::Number,
            For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.threads, whole_number(text, 0, 1024)); }},
    Setting{"instances", "PEKO_INSTANCES", "--instances", "N", "instances alive at once, of all functions",
            Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.instances_max, whole_number(text, 1, kInstancesMax));
            }},
    Setting{"concurrency_max", "PEKO_CONCURRENCY_MAX", "--concurrency-max", "N",
            "requests that run at once; default: as many as instances", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.concurrency_max, whole_number(text, 1, kInstancesMax));
            }},
    Setting{"function_concurrency_max", "PEKO_FUNCTION_CONCURRENCY_MAX", "--function-concurrency-max", "N",
            "... of one function; default: half of all", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.function_concurrency_max, whole_number(text, 1, kInstancesMax));
            }},
    Setting{
        "queue_max", "PEKO_QUEUE_MAX", "--queue-max", "N",
        "requests that wait for an instance, half of them for one function; beyond: 503", Kind::Number, For::Both,
        [](Settings& s, std::string_view text) { return keep(s.node.queue_max, whole_number(text, 1, kQueueMax)); }},
    Setting{"memory_budget_mb", "PEKO_MEMORY_BUDGET_MB", "--memory-budget-mb", "N",
            "memory of all instances; default: 60 % of the machine's or container's", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.memory_budget_mb, whole_number(text, 16, kMemoryBudgetMax));
            }},
    Setting{"log", "PEKO_LOG", "--log", "text|json|off", "a line a request for people, for machines, or none",
            Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.log_format, log_format(text)); }},
    Setting{"cache_dir", "PEKO_CACHE_DIR", "--cache-dir", "FOLDER", "the local cache: code and compiled functions",
            Kind::Path, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.cache_dir, not_empty(text)); }},
    Setting{
        "cache_mb", "PEKO_CACHE_MB", "--cache-mb", "N", "what that folder may hold; what is unused for longest goes",
        Kind::Number, For::Both,
        [](Settings& s, std::string_view text) { return keep(s.node.cache_mb, whole_number(text, 16, kCacheMax)); }},
    Setting{"data_dir", "PEKO_DATA_DIR", "--data-dir", "FOLDER", "what functions keep: their key-value stores",
            Kind::Path, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.data_dir, not_empty(text)); }},
    Setting{"keyvalue_value_mb", "PEKO_KEYVALUE_VALUE_MB", "--keyvalue-value-mb", "N",
            "what one value in a key-value store may have", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.keyvalue_value_mb, whole_number(text, 1, keyvalue::kValueBytesMax >> 20));
            }},
    Setting{"asset_memory_mb", "PEKO_ASSET_MEMORY_MB", "--asset-memory-mb", "N",
            "static files that are held in memory; the others are read from that folder", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.asset_memory_mb, whole_number(text, 1, kMemoryBudgetMax));
            }},
    Setting{"key_file", "PEKO_KEY_FILE", "--key-file", "FILE",
            "the key that nodes and deployers share; default: one of the cache folder's own", Kind::Path, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.key_file, not_empty(text)); }},
    Setting{"clock_resolution_us", "PEKO_CLOCK_RESOLUTION_US", "--clock-resolution-us", "N",
            "steps in which functions see time: coarse, so that a clock is no weapon", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.clock_resolution, microseconds(whole_number(text, 1, 1'000'000)));
            }},
    Setting{"drain_seconds", "PEKO_DRAIN_SECONDS", "--drain-seconds", "N",
            "how long requests in flight may take to end after SIGTERM", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.drain_timeout, seconds(whole_number(text, 0, 3600)));
            }},
    Setting{"compile_memory_mb", "PEKO_COMPILE_MEMORY_MB", "--compile-memory-mb", "N",
            "memory that compiling one function may take", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.compile.memory_mb, whole_number(text, 64, 1U << 20));
            }},
    Setting{"compile_seconds", "PEKO_COMPILE_SECONDS", "--compile-seconds", "N",
            "CPU time that compiling one function may take", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.compile.cpu, seconds(whole_number(text, 1, 86'400)));
            }},
    Setting{"compile_at_once", "PEKO_COMPILE_AT_ONCE", "--compile-at-once", "N",
            "functions that are compiled at once; 0: one per two cores", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.compile_at_once, whole_number(text, 0, node::kCompileAtOnceMax));
            }},
    maximum<code::Limit::Cpu>("limits_max.cpu_ms", "PEKO_MAX_CPU_MS", "--max-cpu-ms", "CPU time of a request"),
    maximum<code::Limit::Wall>("limits_max.wall_ms", "PEKO_MAX_WALL_MS", "--max-wall-ms",
                               "time from a request to the end of its response; 0: no maximum"),
    maximum<code::Limit::Memory>("limits_max.memory_mb", "PEKO_MAX_MEMORY_MB", "--max-memory-mb",
                                 "memory of an instance"),
    maximum<code::Limit::RequestHeaders>("limits_max.request_headers_kb", "PEKO_MAX_REQUEST_HEADERS_KB",
                                         "--max-request-headers-kb", "head of a request"),
    maximum<code::Limit::Uri>("limits_max.uri_bytes", "PEKO_MAX_URI_BYTES", "--max-uri-bytes", "URI of a request"),
    maximum<code::Limit::RequestBody>("limits_max.request_body_mb", "PEKO_MAX_REQUEST_BODY_MB", "--max-request-body-mb",
                                      "body of a request"),
    maximum<code::Limit::Subrequests>("limits_max.subrequests", "PEKO_MAX_SUBREQUESTS", "--max-subrequests",
                                      "outbound requests of a request"),
    maximum<code::Limit::SubrequestsAtOnce>("limits_max.subrequests_at_once", "PEKO_MAX_SUBREQUESTS_AT_ONCE",
                                            "--max-subrequests-at-once", "outbound requests of a function at once"),
    maximum<code::Limit::Log>("limits_max.log_kb", "PEKO_MAX_LOG_KB", "--max-log-kb", "output of a request"),
    maximum<code::Limit::Component>("limits_max.component_mb", "PEKO_MAX_COMPONENT_MB", "--max-component-mb",
                                    "size of a component"),
    maximum<code::Limit::KeyValue>("limits_max.keyvalue_mb", "PEKO_MAX_KEYVALUE_MB", "--max-keyvalue-mb",
                                   "size of a key-value store"),
    maximum<code::Limit::Asset>("limits_max.asset_mb", "PEKO_MAX_ASSET_MB", "--max-asset-mb", "size of a static file"),
    maximum<code::Limit::Assets>("limits_max.assets_mb", "PEKO_MAX_ASSETS_MB", "--max-assets-mb",
                                 "size of all static files of a function"),
    maximum<code::Limit::AssetFiles>("limits_max.asset_files", "PEKO_MAX_ASSET_FILES", "--max-asset-files",
                                     "number of static files of a function"),
    Setting{"inspect.requests", "PEKO_INSPECT_REQUESTS", "--inspect-requests", "N",
            "requests that are remembered for the inspector and `peko logs`; 0: none", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.inspect_requests, whole_number(text, 0, kInspectRequestsMax));
            }},
    Setting{"inspect.log_mb", "PEKO_INSPECT_LOG_MB", "--inspect-log-mb", "N",
            "output of functions that is remembered likewise; 0: none", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.inspect_log_mb, whole_number(text, 0, kInspectLogMax));
            }},
    Setting{"admin_token", "PEKO_ADMIN_TOKEN", "", "TEXT", "the operator's secret", Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.admin_token, secret(text)); }},
    Setting{"alert_webhook", "PEKO_ALERT_WEBHOOK", "", "URL", "is told of trouble", Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.alert_webhook, webhook_url(text)); }},
    Setting{
        "outbound_allow_ranges", "PEKO_OUTBOUND_ALLOW_RANGES", "--outbound-allow-ranges", "RANGES",
        "what functions may reach beside public addresses: 10.1.0.0/16,fd00::/8 or none", Kind::Text, For::Both,
        [](Settings& s, std::string_view text) { return keep(s.node.outbound_allow_ranges, address_ranges(text)); }},
    Setting{"outbound_ca_file", "PEKO_OUTBOUND_CA_FILE", "--outbound-ca-file", "FILE",
            "certificates (PEM) that functions' requests trust instead of the system's", Kind::Path, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.outbound_ca_file, not_empty(text)); }},
};

bool is_any_of(std::string_view key, std::initializer_list<std::string_view> keys) {
  return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

bool takes(Command command, const Setting& setting) {
  const std::string_view key = setting.key;
  switch (command) {
    case Command::Dev: return setting.commands == For::Both;
    case Command::Serve: return true;
    case Command::Deploy:
      return key.starts_with("limits_max.") ||
             is_any_of(key, {"code", "domain", "key_file", "compile_memory_mb", "compile_seconds", "admin_token"});
    case Command::SecretSet: return is_any_of(key, {"code", "key_file", "admin_token"});
    case Command::Rollback:
    case Command::Delete:
    case Command::SecretRemove: return is_any_of(key, {"code", "admin_token"});
    case Command::Versions:
    case Command::Collect:
    case Command::SecretList: return key == "code";
    case Command::Logs: return key == "admin_token";
    case Command::Doctor:
      return is_any_of(
          key, {"listen", "admin", "code", "domain", "cache_dir", "data_dir", "key_file", "instances", "threads"});
    case Command::CompleteWords: return key == "code";
    case Command::New:
    case Command::Check:
    case Command::Build:
    case Command::Completion:
    case Command::Man:
    case Command::Version:
    case Command::CompileWorker:
    case Command::SymboliseWorker: return false;
  }
  return false;
}

const Setting* find_setting(std::string_view key) {
  const auto* const found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : found;
}

}  // namespace peko::cli

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "base/metrics_text.hpp"
#include "node/node_view.hpp"
#include "node/process_stats.hpp"

namespace peko::node {
namespace {

using Kind = MetricsText::Kind;
using edge::Fault;
using edge::FunctionMetrics;

constexpr std::size_t kBytesOfFunction = 2048;  // some 20 lines

// One function's numbers of all lanes together.
struct FunctionTotals {
  std::string name;
  bool loaded = false;
  bool too_large = false;  // its component, for component_mb
  std::array<std::uint64_t, edge::kStatusClasses.size()> requests{};
  Histogram<edge::kRequestBounds>::Totals seconds;
  std::uint64_t cpu_ns = 0;
  std::uint64_t subrequests = 0;
  std::uint64_t assets = 0;
  std::uint64_t log_cuts = 0;
  std::array<std::uint64_t, pool::kColdReasons> cold{};
  std::array<std::uint64_t, edge::kFaultCount> faults{};
  std::uint64_t warm = 0;
  std::uint64_t warm_bytes = 0;
  std::uint64_t waiting = 0;
  bool single_use = false;

  void add(const FunctionMetrics& from) {
    for (std::size_t i = 0; i < requests.size(); ++i) requests[i] += from.requests[i].value();
    from.seconds.add_to(seconds);
    cpu_ns += from.cpu_ns.value();
    subrequests += from.subrequests.value();
    assets += from.assets.value();
    log_cuts += from.log_cuts.value();
    for (std::size_t i = 0; i < cold.size(); ++i) cold[i] += from.cold[i].value();
    for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += from.faults[i].value();
    warm += from.warm.value();
    warm_bytes += from.warm_bytes.value();
    waiting += from.waiting.value();
    single_use = single_use || from.single_use.value() > 0;
  }
};

// Of each function that was ever asked for, then of nobody: requests that reached none (function="").
std::vector<FunctionTotals> totals_of(const NodeView& node, const std::vector<FunctionView>& functions) {
  std::vector<FunctionTotals> all;
  for (const FunctionView& function : functions) {
    const auto asked = [&](const LaneView& lane) {
      const auto counted = [](const Counter& counter) { return counter.value() > 0; };
      return std::ranges::any_of(lane.requests.of(function.target).requests, counted);
    };
    if (function.state == FunctionView::State::NotLoaded && std::ranges::none_of(node.lanes, asked)) continue;
    FunctionTotals& totals = all.emplace_back();
    totals.name = function.name;
    totals.loaded = function.state == FunctionView::State::Loaded;
    totals.too_large = function.error.starts_with("PEKO-COMPONENT:");
    for (const LaneView& lane : node.lanes) totals.add(lane.requests.of(function.target));
  }
  FunctionTotals& nobody = all.emplace_back();
  for (const LaneView& lane : node.lanes) nobody.add(lane.requests.nobody());
  return all;
}

void write_requests(MetricsText& text, const std::vector<FunctionTotals>& functions) {
  text.metric("peko_requests_total", Kind::Counter, "Requests that are over, by status class; none: nothing was sent.");
  for (const FunctionTotals& f : functions) {
    for (std::size_t i = 0; i < f.requests.size(); ++i) {
      if (f.requests[i] == 0) continue;
      text.sample({{"function", f.name}, {"status_class", edge::kStatusClasses[i]}}, f.requests[i]);
    }
  }
  text.metric("peko_request_seconds", Kind::Histogram, "From a request's head to the end of its call.");
  for (const FunctionTotals& f : functions) {
    if (f.seconds.count() > 0) text.histogram({{"function", f.name}}, edge::kRequestBounds, f.seconds);
  }
  text.metric("peko_guest_cpu_seconds_total", Kind::Counter, "CPU time that functions used.");
  for (const FunctionTotals& f : functions) {
    if (f.cpu_ns > 0) text.sample({{"function", f.name}}, std::chrono::nanoseconds(f.cpu_ns));
  }
  text.metric("peko_asset_requests_total", Kind::Counter, "Requests that static files answered.");
  for (const FunctionTotals& f : functions) {
    if (f.assets > 0) text.sample({{"function", f.name}}, f.assets);
  }
  text.metric("peko_subrequests_total", Kind::Counter, "Outbound requests of functions.");
  for (const FunctionTotals& f : functions) {
    if (f.subrequests > 0) text.sample({{"function", f.name}}, f.subrequests);
  }
}

// For each fault the first one that has its code: several share one.
std::array<std::size_t, edge::kFaultCount> first_with_same_code() {
  std::array<std::size_t, edge::kFaultCount> first{};
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string_view code = edge::info(static_cast<Fault>(i)).code;
    while (edge::info(static_cast<Fault>(first[i])).code != code) ++first[i];
  }
  return first;
}

void write_faults(MetricsText& text, const NodeView& node, const std::vector<FunctionTotals>& functions) {
  text.metric("peko_faults_total", Kind::Counter, "Requests that ended by a fault, by its code.");
  const auto same_code = first_with_same_code();
  for (const FunctionTotals& f : functions) {
    std::array<std::uint64_t, edge::kFaultCount> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) counts[same_code[i]] += f.faults[i];
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0)
        text.sample({{"function", f.name}, {"code", edge::info(static_cast<Fault>(i)).code}}, counts[i]);
    }
  }
  text.metric("peko_limit_hits_total", Kind::Counter, "Requests that reached a limit, by its name in the manifest.");
  for (const FunctionTotals& f : functions) {
    for (std::size_t i = 0; i < f.faults.size(); ++i) {
      const std::string_view limit = edge::info(static_cast<Fault>(i)).setting;
      if (!limit.empty() && f.faults[i] > 0) text.sample({{"function", f.name}, {"limit", limit}}, f.faults[i]);
    }
    if (f.log_cuts > 0) text.sample({{"function", f.name}, {"limit", "log_kb"}}, f.log_cuts);
    if (f.too_large) text.sample({{"function", f.name}, {"limit", "component_mb"}}, 1U);
  }
  text.metric("peko_unavailable_total", Kind::Counter, "Requests that were answered 503 because nothing was free.");
  text.sample({}, unavailable_total(node));
}

void write_instances(MetricsText& text, const NodeView& node, const std::vector<FunctionTotals>& functions) {
  text.metric("peko_cold_starts_total", Kind::Counter, "Instances that had to be made for a request, by reason.");
  for (const FunctionTotals& f : functions) {
    for (std::size_t i = 0; i < f.cold.size(); ++i) {
      if (f.cold[i] == 0) continue;
      text.sample({{"function", f.name}, {"reason", pool::to_string(static_cast<pool::ColdReason>(i))}}, f.cold[i]);
    }
  }
  text.metric("peko_cold_start_seconds", Kind::Histogram, "How long the phases of a cold start took.");
  const auto phase = [&](std::string_view name, const Histogram<edge::kColdStartBounds>& (edge::Metrics::*of)() const) {
    Histogram<edge::kColdStartBounds>::Totals totals;
    for (const LaneView& lane : node.lanes) (lane.requests.*of)().add_to(totals);
    text.histogram({{"phase", name}}, edge::kColdStartBounds, totals);
  };
  phase("fetch", &edge::Metrics::fetch);
  phase("load", &edge::Metrics::load);
  phase("instantiate", &edge::Metrics::instantiate);
  text.metric("peko_warm_instances", Kind::Gauge, "Idle instances, kept for the next request.");
  for (const FunctionTotals& f : functions) {
    if (f.loaded) text.sample({{"function", f.name}}, f.warm);
  }
  text.metric("peko_single_use", Kind::Gauge, "1: the function's instances turned out to serve one call only.");
  for (const FunctionTotals& f : functions) {
    if (f.single_use) text.sample({{"function", f.name}}, 1U);
  }
  std::uint64_t waiting = 0;
  for (const FunctionTotals& f : functions) waiting += f.waiting;
  text.metric("peko_requests_waiting", Kind::Gauge, "Requests that wait for an instance.");
  text.sample({}, waiting);
  text.metric("peko_queue_seconds", Kind::Histogram,
              "How long those requests waited that had to wait for an instance.");
  Histogram<edge::kColdStartBounds>::Totals queue;
  for (const LaneView& lane : node.lanes) lane.requests.queue().add_to(queue);
  text.histogram({}, edge::kColdStartBounds, queue);
}

void write_memory(MetricsText& text, const NodeView& node, const std::vector<FunctionTotals>& functions,
                  std::uint64_t resident) {
  std::uint64_t warm = 0;
  for (const FunctionTotals& f : functions) warm += f.warm_bytes;
  text.metric("peko_memory_bytes", Kind::Gauge,
              "resident: of the process; instances: memories and tables of all instances; warm: of the idle ones.");
  text.sample({{"kind", "resident"}}, resident);
  text.sample({{"kind", "instances"}}, node.memory != nullptr ? node.memory->memory_bytes() : std::uint64_t{0});
  text.sample({{"kind", "warm"}}, warm);
}

void write_node(MetricsText& text, const NodeView& node, const std::vector<FunctionView>& functions, Phase phase,
                const LogSink& log) {
  const auto sum = [&node](Gauge LaneStats::* number) {
    std::uint64_t all = 0;
    for (const LaneView& lane : node.lanes) all += (lane.stats.*number).value();
    return all;
  };
  const auto in_state = [&functions](FunctionView::State state) {
    return static_cast<std::uint64_t>(std::ranges::count(functions, state, &FunctionView::state));
  };
  text.metric("peko_build_info", Kind::Gauge, "Always 1; the labels say what runs.");
  text.sample({{"version", node.version}, {"engine", node.engine}}, 1U);
  text.metric("peko_ready", Kind::Gauge, "1 while the node serves; 0 while it starts or drains.");
  text.sample({}, phase == Phase::Ready ? 1U : 0U);
  text.metric(
      "peko_functions", Kind::Gauge,
      "Functions that the node knows; failed: they could not be loaded; not-loaded: nobody has asked for them.");
  text.sample({{"state", "ready"}}, in_state(FunctionView::State::Loaded));
  text.sample({{"state", "failed"}}, in_state(FunctionView::State::Failed));
  text.sample({{"state", "not-loaded"}},
              in_state(FunctionView::State::NotLoaded) + in_state(FunctionView::State::Loading));
  text.metric("peko_instances", Kind::Gauge, "Instances of all functions.");
  text.sample({{"state", "idle"}}, sum(&LaneStats::instances_idle));
  text.sample({{"state", "busy"}}, sum(&LaneStats::instances_busy));
  text.metric("peko_requests_in_flight", Kind::Gauge, "Requests that are not over.");
  text.sample({}, sum(&LaneStats::requests));
  text.metric("peko_connections", Kind::Gauge, "Open connections of clients.");
  text.sample({}, sum(&LaneStats::connections));
  text.metric("peko_accept_rests_total", Kind::Counter,
              "How often no connection was accepted for a while because descriptors or memory had run out.");
  text.sample({}, sum(&LaneStats::accept_rests));
  text.metric("peko_invalid_response_fields_total", Kind::Counter,
              "Fields of functions' responses that were left out because they would have broken the framing.");
  text.sample({}, sum(&LaneStats::invalid_fields));
  text.metric("peko_log_dropped_lines_total", Kind::Counter, "Log lines that were lost because their reader is slow.");
  text.sample({}, log.dropped());
}

void write_store(MetricsText& text, const NodeView& node) {
  if (node.store == nullptr) return;
  const StoreStats& store = *node.store;
  text.metric("peko_store_up", Kind::Gauge, "1: the last look at the code store succeeded.");
  text.sample({}, store.up() ? 1U : 0U);
  text.metric("peko_store_check_age_seconds", Kind::Gauge,
              "How long ago the code store was last looked at with success; since the node's start when never.");
  text.sample({}, std::chrono::nanoseconds(std::chrono::steady_clock::now() - store.checked()));
  text.metric("peko_store_errors_total", Kind::Counter, "Calls to the code store that failed for good.");
  for (std::size_t i = 0; i < StoreStats::kCodes; ++i) {
    if (store.errors(i) > 0) text.sample({{"code", to_string(static_cast<Code>(i))}}, store.errors(i));
  }
  text.metric("peko_store_refused_total", Kind::Counter,
              "What came from the code store and was not used, because it was changed or cannot be read.");
  for (std::size_t i = 0; i < kRefusedKinds.size(); ++i) {
    if (store.refused(i) > 0) text.sample({{"kind", kRefusedKinds[i]}}, store.refused(i));
  }
  text.metric("peko_load_failures_total", Kind::Counter, "Functions that could not be loaded, each try.");
  text.sample({}, store.failed_loads());
}

// Of each function, all its stores together; of each store, what it holds.
void write_key_value(MetricsText& text, const NodeView& node) {
  if (node.key_value == nullptr) return;
  const std::vector<const keyvalue::Usage*> stores = node.key_value->all();
  const auto counters = [&](std::string_view label, std::size_t values, const auto& value_of, const auto& name_of) {
    for (auto first = stores.begin(); first != stores.end();) {
      const std::string& function = (*first)->function();
      const auto is_other = [&](const keyvalue::Usage* usage) { return usage->function() != function; };
      const auto end = std::find_if(first, stores.end(), is_other);
      for (std::size_t i = 0; i < values; ++i) {
        std::uint64_t sum = 0;
        for (auto store = first; store != end; ++store) sum += value_of(**store, i);
        if (sum > 0) text.sample({{"function", function}, {label, name_of(i)}}, sum);
      }
      first = end;
    }
  };
  text.metric("peko_keyvalue_operations_total", Kind::Counter, "Operations on functions' key-value stores.");
  counters(
      "operation", keyvalue::kOperationNames.size(), [](const auto& usage, auto i) { return usage.operations(i); },
      [](auto i) { return keyvalue::kOperationNames[i]; });
  text.metric("peko_keyvalue_errors_total", Kind::Counter, "Operations on key-value stores that failed.");
  counters(
      "code", keyvalue::Usage::kCodes, [](const auto& usage, auto i) { return usage.errors(i); },
      [](auto i) { return to_string(static_cast<Code>(i)); });
  const auto gauge = [&](std::uint64_t (keyvalue::Usage::*value)() const) {
    for (const keyvalue::Usage* store : stores) {
      text.sample({{"function", store->function()}, {"store", store->store()}}, (store->*value)());
    }
  };
  text.metric("peko_keyvalue_bytes", Kind::Gauge, "What a key-value store holds, as its quota counts it.");
  gauge(&keyvalue::Usage::bytes);
  text.metric("peko_keyvalue_quota_bytes", Kind::Gauge, "What a key-value store may hold.");
  gauge(&keyvalue::Usage::quota_bytes);
}

void write_lag(MetricsText& text, const NodeView& node) {
  text.metric("peko_loop_lag_seconds", Kind::Histogram, "How late what is due on a loop is done; 10 samples a second.");
  Histogram<net::kLagBounds>::Totals late;
  for (const LaneView& lane : node.lanes) lane.stats.lag.late.add_to(late);
  text.histogram({}, net::kLagBounds, late);
  text.metric("peko_loop_longest_turn_seconds", Kind::Gauge,
              "The longest time that a loop did not look at its sockets, of the last 15 to 30 s.");
  for (std::size_t i = 0; i < node.lanes.size(); ++i) {
    text.sample({{"loop", std::to_string(i)}},
                std::chrono::nanoseconds(node.lanes[i].stats.lag.longest_turn_ns.value()));
  }
}

}  // namespace

std::uint64_t unavailable_total(const NodeView& node) {
  constexpr auto kOverloaded = std::size_t{std::to_underlying(Fault::Overloaded)};
  std::uint64_t total = 0;
  if (node.board == nullptr) return total;
  for (const FunctionView& function : node.board->functions()) {
    for (const LaneView& lane : node.lanes) total += lane.requests.of(function.target).faults[kOverloaded].value();
  }
  return total;
}

std::string metrics_page(const NodeView& node, Phase phase, const LogSink& log) {
  std::vector<FunctionView> views;
  if (node.board != nullptr) views = node.board->functions();
  const std::vector<FunctionTotals> functions = totals_of(node, views);
  std::string page;
  page.reserve(kBytesOfFunction * (functions.size() + 4));
  MetricsText text(page);
  const ProcessStats process = read_process_stats();
  write_node(text, node, views, phase, log);
  text.metric("process_cpu_seconds_total", Kind::Counter, "CPU time of the whole process.");
  text.sample({}, process.cpu);
  write_memory(text, node, functions, process.resident_bytes);
  write_store(text, node);
  write_lag(text, node);
  write_requests(text, functions);
  write_faults(text, node, functions);
  write_instances(text, node, functions);
  write_key_value(text, node);
  return page;
}

}  // namespace peko::node

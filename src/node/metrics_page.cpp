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
  std::string_view name;
  bool loaded = false;
  bool too_large = false;  // its component, for component_mb
  std::array<std::uint64_t, edge::kStatusClasses.size()> requests{};
  Histogram<edge::kRequestBounds>::Totals seconds;
  std::uint64_t cpu_ns = 0;
  std::uint64_t subrequests = 0;
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
    log_cuts += from.log_cuts.value();
    for (std::size_t i = 0; i < cold.size(); ++i) cold[i] += from.cold[i].value();
    for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += from.faults[i].value();
    warm += from.warm.value();
    warm_bytes += from.warm_bytes.value();
    waiting += from.waiting.value();
    single_use = single_use || from.single_use.value() > 0;
  }
};

// Of every function that could be loaded, then of nobody: requests that reached none (function="").
std::vector<FunctionTotals> totals_of(const NodeView& node) {
  std::vector<FunctionTotals> all(node.functions.size() + 1);
  for (std::size_t i = 0; i < node.functions.size(); ++i) {
    all[i].name = node.functions[i]->function;
    all[i].loaded = node.functions[i]->component != nullptr;
    all[i].too_large = node.functions[i]->fault.starts_with("PEKO-COMPONENT:");
    for (const LaneView& lane : node.lanes) all[i].add(lane.requests.of(i));
  }
  for (const LaneView& lane : node.lanes) all.back().add(lane.requests.nobody());
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
  Histogram<edge::kColdStartBounds>::Totals instantiate;
  for (const LaneView& lane : node.lanes) lane.requests.instantiate().add_to(instantiate);
  text.histogram({{"phase", "instantiate"}}, edge::kColdStartBounds, instantiate);
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

void write_node(MetricsText& text, const NodeView& node, Phase phase, const LogSink& log) {
  const auto sum = [&node](Gauge LaneStats::* number) {
    std::uint64_t all = 0;
    for (const LaneView& lane : node.lanes) all += (lane.stats.*number).value();
    return all;
  };
  const auto failed = static_cast<std::uint64_t>(
      std::ranges::count_if(node.functions, [](const auto& version) { return version->component == nullptr; }));
  text.metric("peko_build_info", Kind::Gauge, "Always 1; the labels say what runs.");
  text.sample({{"version", node.version}, {"engine", node.engine}}, 1U);
  text.metric("peko_ready", Kind::Gauge, "1 while the node serves; 0 while it starts or drains.");
  text.sample({}, phase == Phase::Ready ? 1U : 0U);
  text.metric("peko_functions", Kind::Gauge, "Functions that the node knows; failed: they could not be loaded.");
  text.sample({{"state", "ready"}}, node.functions.size() - failed);
  text.sample({{"state", "failed"}}, failed);
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
  for (const LaneView& lane : node.lanes) {
    for (std::size_t i = 0; i < node.functions.size(); ++i) total += lane.requests.of(i).faults[kOverloaded].value();
  }
  return total;
}

std::string metrics_page(const NodeView& node, Phase phase, const LogSink& log) {
  std::string page;
  page.reserve(kBytesOfFunction * (node.functions.size() + 4));
  MetricsText text(page);
  const std::vector<FunctionTotals> functions = totals_of(node);
  const ProcessStats process = read_process_stats();
  write_node(text, node, phase, log);
  text.metric("process_cpu_seconds_total", Kind::Counter, "CPU time of the whole process.");
  text.sample({}, process.cpu);
  write_memory(text, node, functions, process.resident_bytes);
  write_lag(text, node);
  write_requests(text, functions);
  write_faults(text, node, functions);
  write_instances(text, node, functions);
  return page;
}

}  // namespace peko::node

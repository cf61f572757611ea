#include "node/function_answers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "base/json.hpp"
#include "code/deployment.hpp"
#include "inspect/query.hpp"

namespace peko::node {

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
using Times = Histogram<edge::kRequestBounds>::Totals;

constexpr std::uint64_t kListMax = 10'000;
constexpr std::uint64_t kOffsetMax = 1'000'000'000;
constexpr std::array<std::pair<std::string_view, FunctionQuery::Sort>, 4> kSorts{
    {{"name", FunctionQuery::Sort::Name},
     {"recent", FunctionQuery::Sort::Recent},
     {"requests", FunctionQuery::Sort::Requests},
     {"errors", FunctionQuery::Sort::Errors}}};
constexpr std::array<std::string_view, 5> kKnown = {"name", "q", "sort", "offset", "limit"};

std::string_view state_name(FunctionView::State state) {
  switch (state) {
    case FunctionView::State::Loaded: return "loaded";
    case FunctionView::State::NotLoaded: return "not-loaded";
    case FunctionView::State::Loading: return "loading";
    case FunctionView::State::Failed: break;
  }
  return "failed";
}

// What the lanes have counted of a function, together.
struct Numbers {
  std::uint64_t warm = 0;
  std::uint64_t warm_bytes = 0;
  std::uint64_t waiting = 0;
  std::uint64_t cpu_ns = 0;
  Times times;
  std::array<std::uint64_t, pool::kColdReasons> cold{};
  std::array<std::uint64_t, edge::kFaultCount> faults{};
};

Numbers numbers_of(const NodeView& node, edge::Router::Target function) {
  Numbers all;
  for (const LaneView& lane : node.lanes) {
    const edge::FunctionMetrics& numbers = lane.requests.of(function);
    all.warm += numbers.warm.value();
    all.warm_bytes += numbers.warm_bytes.value();
    all.waiting += numbers.waiting.value();
    all.cpu_ns += numbers.cpu_ns.value();
    numbers.seconds.add_to(all.times);
    for (std::size_t i = 0; i < all.cold.size(); i++) all.cold[i] += numbers.cold[i].value();
    for (std::size_t i = 0; i < all.faults.size(); i++) all.faults[i] += numbers.faults[i].value();
  }
  return all;
}

// The time that this part of the requests did not exceed, as exact as the bounds are: between two of them it is taken
// to be spread evenly, beyond the last one it is that.
double quantile_ms(const Times& times, double part) {
  const double rank = part * static_cast<double>(times.count());
  double below = 0;
  for (std::size_t i = 0; i < edge::kRequestBounds.size(); i++) {
    const double here = static_cast<double>(times.buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double low = i == 0 ? 0 : Milliseconds(edge::kRequestBounds[i - 1]).count();
      const double high = Milliseconds(edge::kRequestBounds[i]).count();
      return std::round((low + (high - low) * (rank - below) / here) * 1000) / 1000;
    }
    below += here;
  }
  return Milliseconds(edge::kRequestBounds.back()).count();
}

void write_function(JsonWriter& json, const NodeView& node, const RecentCounts& recent, const FunctionView& function) {
  const Numbers numbers = numbers_of(node, function.target);
  const RequestCounts counts = counts_of(node, function.target);
  const RequestCounts lately = recent.lately(node, function.target);
  json.key("name").value(function.name).key("state").value(state_name(function.state));
  if (!function.error.empty()) json.key("error").value(function.error);
  json.key("revision").value(function.revision).key("versions").begin_array();
  for (const auto& [number, weight] : function.versions) {
    if (number == 0) continue;  // dropped in, or a project of `peko dev`
    json.begin_object().key("version").value(code::version_name(number)).key("weight").value(weight).end_object();
  }
  json.end_array().key("warm_instances").value(numbers.warm).key("requests").value(counts.requests);
  json.key("errors").value(counts.errors);
  json.key("requests_lately").value(lately.requests).key("errors_lately").value(lately.errors);
  json.key("waiting").value(numbers.waiting).key("memory_bytes").value(numbers.warm_bytes);
  if (numbers.times.count() == 0) return;
  json.key("p50_ms").value(quantile_ms(numbers.times, 0.5)).key("p99_ms").value(quantile_ms(numbers.times, 0.99));
}

void write_node(JsonWriter& json, const NodeView& node) {
  std::uint64_t running = 0;
  std::uint64_t idle = 0;
  std::uint64_t busy = 0;
  for (const LaneView& lane : node.lanes) {
    running += lane.stats.requests.value();
    idle += lane.stats.instances_idle.value();
    busy += lane.stats.instances_busy.value();
  }
  json.key("node").begin_object().key("version").value(node.version).key("engine").value(node.engine);
  json.key("requests_in_flight").value(running).key("instances_idle").value(idle).key("instances_busy").value(busy);
  json.key("unavailable").value(unavailable_total(node)).end_object();
}

// Those that match, in the order that is wanted.
std::vector<FunctionView> sorted(const NodeView& node, const RecentCounts& recent, const FunctionQuery& query,
                                 std::vector<FunctionView> functions) {
  std::erase_if(functions, [&](const FunctionView& one) { return one.name.find(query.part) == std::string::npos; });
  struct Placed {
    FunctionView function;
    std::array<std::uint64_t, 3> key;  // largest first
  };
  std::vector<Placed> placed;
  for (FunctionView& function : functions) {
    std::array<std::uint64_t, 3> key{};
    switch (query.sort) {
      case FunctionQuery::Sort::Name: break;
      case FunctionQuery::Sort::Recent: {
        const RequestCounts lately = recent.lately(node, function.target);
        key = {function.state == FunctionView::State::Failed ? 1U : 0U, lately.errors, lately.requests};
        break;
      }
      case FunctionQuery::Sort::Requests: key = {counts_of(node, function.target).requests, 0, 0}; break;
      case FunctionQuery::Sort::Errors: {
        const RequestCounts counts = counts_of(node, function.target);
        key = {counts.errors, counts.requests, 0};
        break;
      }
    }
    placed.push_back({.function = std::move(function), .key = key});
  }
  std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
    return a.key != b.key ? a.key > b.key : a.function.name < b.function.name;
  });
  std::vector<FunctionView> all;
  for (Placed& one : placed) all.push_back(std::move(one.function));
  return all;
}

}  // namespace

Result<FunctionQuery> function_query(std::string_view text) {
  const Result<inspect::Query> query = inspect::Query::parse(text, kKnown);
  if (!query) return fail(query.error());
  const Result<std::uint64_t> limit = query->number("limit", 1, kListMax, SIZE_MAX);
  if (!limit) return fail(limit.error());
  const Result<std::uint64_t> offset = query->number("offset", 0, kOffsetMax, 0);
  if (!offset) return fail(offset.error());
  FunctionQuery made{.part = query->text("q"), .offset = *offset, .limit = *limit};
  if (query->has("name")) made.name = query->text("name");
  if (!query->has("sort")) return made;
  const auto* const sort = std::ranges::find(kSorts, query->text("sort"), &decltype(kSorts)::value_type::first);
  if (sort == kSorts.end()) return fail(Code::Invalid, "sort is name, recent, requests or errors");
  made.sort = sort->second;
  return made;
}

std::string function_list(const NodeView& node, const RecentCounts& recent, const FunctionQuery& query) {
  std::string out;
  JsonWriter json(out);
  const auto write = [&](const FunctionView& function) {
    json.begin_object();
    write_function(json, node, recent, function);
    json.end_object();
  };
  json.begin_object().key("functions").begin_array();
  if (query.name) {
    if (const auto function = node.board != nullptr ? node.board->function(*query.name) : std::nullopt) {
      write(*function);
    }
    json.end_array().end_object();
    return out += '\n';
  }
  std::vector<FunctionView> functions = node.board != nullptr ? node.board->functions() : std::vector<FunctionView>();
  const std::size_t total = functions.size();
  functions = sorted(node, recent, query, std::move(functions));
  const std::size_t begin = std::min(query.offset, functions.size());
  const std::size_t end = begin + std::min(query.limit, functions.size() - begin);
  for (std::size_t i = begin; i < end; i++) write(functions[i]);
  json.end_array().key("matching").value(functions.size()).key("total").value(total);
  write_node(json, node);
  json.end_object();
  return out += '\n';
}

std::vector<VersionPart> version_parts(const edge::Edge& edge, edge::Router::Target function) {
  std::vector<VersionPart> parts;
  for (const edge::Serving& serving : edge.serving(function)) {
    const pool::Version& version = serving.shelf->version();
    parts.push_back({.number = version.number,
                     .weight = serving.weight,
                     .counts = serving.shelf->counts(),
                     .cpu_ms = static_cast<std::size_t>(version.limits.cpu.count()),
                     .wall_ms = static_cast<std::size_t>(version.limits.wall.count()),
                     .memory_mb = static_cast<std::size_t>(version.limits.memory_bytes >> 20U),
                     .component = hex(version.component_hash)});
  }
  return parts;
}

std::string function_page(const NodeView& node, const RecentCounts& recent, const FunctionView& function,
                          const std::vector<std::vector<VersionPart>>& loops) {
  std::vector<VersionPart> versions;  // of all loops together
  for (const std::vector<VersionPart>& parts : loops) {
    for (const VersionPart& part : parts) {
      const auto known = std::ranges::find(versions, part.number, &VersionPart::number);
      if (known == versions.end()) {
        versions.push_back(part);
        continue;
      }
      known->counts.warm += part.counts.warm;
      known->counts.running += part.counts.running;
      known->counts.waiting += part.counts.waiting;
      known->counts.warm_bytes += part.counts.warm_bytes;
      known->counts.reuse_given_up = known->counts.reuse_given_up || part.counts.reuse_given_up;
    }
  }
  const Numbers numbers = numbers_of(node, function.target);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_function(json, node, recent, function);
  json.key("cpu_ms").value(static_cast<double>(numbers.cpu_ns) / 1e6).key("instances").begin_array();
  for (const VersionPart& version : versions) {
    json.begin_object();
    if (version.number != 0) json.key("version").value(code::version_name(version.number));
    json.key("weight").value(version.weight).key("idle").value(version.counts.warm);
    json.key("running").value(version.counts.running).key("waiting").value(version.counts.waiting);
    json.key("idle_bytes").value(version.counts.warm_bytes).key("single_use").value(version.counts.reuse_given_up);
    json.key("component").value(version.component).key("cpu_ms_max").value(version.cpu_ms);
    json.key("wall_ms_max").value(version.wall_ms).key("memory_mb_max").value(version.memory_mb).end_object();
  }
  json.end_array().key("cold_starts").begin_object();
  for (std::size_t i = 0; i < numbers.cold.size(); i++) {
    if (numbers.cold[i] > 0) json.key(to_string(static_cast<pool::ColdReason>(i))).value(numbers.cold[i]);
  }
  std::map<std::string_view, std::uint64_t> codes;  // several faults have one
  for (std::size_t i = 0; i < numbers.faults.size(); i++) {
    if (numbers.faults[i] > 0) codes[edge::info(static_cast<edge::Fault>(i)).code] += numbers.faults[i];
  }
  json.end_object().key("faults").begin_object();
  for (const auto& [code, count] : codes) json.key(code).value(count);
  json.end_object().end_object();
  return out += '\n';
}

}  // namespace peko::node

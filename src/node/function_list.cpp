#include "base/json.hpp"
#include "code/deployment.hpp"
#include "node/node_view.hpp"

namespace peko::node {

namespace {

std::string_view state_name(FunctionView::State state) {
  switch (state) {
    case FunctionView::State::Loaded: return "loaded";
    case FunctionView::State::NotLoaded: return "not-loaded";
    case FunctionView::State::Loading: return "loading";
    case FunctionView::State::Failed: break;
  }
  return "failed";
}

void write_function(JsonWriter& json, const NodeView& node, const FunctionView& function) {
  std::uint64_t requests = 0;
  std::uint64_t warm = 0;
  for (const LaneView& lane : node.lanes) {
    const edge::FunctionMetrics& numbers = lane.requests.of(function.target);
    for (const Counter& status_class : numbers.requests) requests += status_class.value();
    warm += numbers.warm.value();
  }
  json.begin_object().key("name").value(function.name).key("state").value(state_name(function.state));
  if (!function.error.empty()) json.key("error").value(function.error);
  json.key("revision").value(function.revision).key("versions").begin_array();
  for (const auto& [number, weight] : function.versions) {
    if (number == 0) continue;  // dropped in, or a project of `peko dev`
    json.begin_object().key("version").value(code::version_name(number)).key("weight").value(weight).end_object();
  }
  json.end_array().key("warm_instances").value(warm).key("requests").value(requests).end_object();
}

}  // namespace

std::string function_list(const NodeView& node, std::optional<std::string_view> name) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("functions").begin_array();
  if (node.board != nullptr && name) {
    if (const auto function = node.board->function(*name)) write_function(json, node, *function);
  } else if (node.board != nullptr) {
    for (const FunctionView& function : node.board->functions()) write_function(json, node, function);
  }
  json.end_array().end_object();
  return out += '\n';
}

}  // namespace peko::node

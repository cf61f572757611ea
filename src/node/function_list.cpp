#include "base/json.hpp"
#include "node/node_view.hpp"

namespace peko::node {

std::string function_list(const NodeView& node) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("functions").begin_array();
  for (std::size_t i = 0; i < node.functions.size(); ++i) {
    const pool::Version& version = *node.functions[i];
    std::uint64_t requests = 0;
    std::uint64_t warm = 0;
    for (const LaneView& lane : node.lanes) {
      const edge::FunctionMetrics& function = lane.requests.of(i);
      for (const Counter& status_class : function.requests) requests += status_class.value();
      warm += function.warm.value();
    }
    json.begin_object().key("name").value(version.function);
    json.key("state").value(version.component ? "ready" : "failed");
    if (!version.component) json.key("error").value(version.fault);
    json.key("warm_instances").value(warm).key("requests").value(requests).end_object();
  }
  json.end_array().end_object();
  return out += '\n';
}

}  // namespace peko::node

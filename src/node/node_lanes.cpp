#include "node/node_lanes.hpp"

#include <atomic>
#include <utility>

namespace peko::node {

void NodeLanes::on_each(const std::function<void(edge::Edge&)>& work) {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->on_edge(work);
}

void NodeLanes::route(std::shared_ptr<const edge::Router> router) {
  on_each([router = std::move(router)](edge::Edge& edge) { edge.route(router); });
}

void NodeLanes::deploy(Target function, std::shared_ptr<const edge::Deployed> deployed) {
  on_each([function, deployed = std::move(deployed)](edge::Edge& edge) { edge.deploy(function, deployed); });
}

void NodeLanes::fail(Target function, edge::Fault fault, const std::string& detail) {
  on_each([=](edge::Edge& edge) { edge.fail(function, fault, detail); });
}

void NodeLanes::unload(Target function) {
  on_each([function](edge::Edge& edge) { edge.unload(function); });
}

void NodeLanes::deploy_preview(Target function, std::uint32_t number, std::shared_ptr<const pool::Version> version) {
  on_each([function, number, version = std::move(version)](edge::Edge& edge) {
    edge.deploy_preview(function, number, version);
  });
}

void NodeLanes::fail_preview(Target function, std::uint32_t number, edge::Fault fault, const std::string& detail) {
  on_each([=](edge::Edge& edge) { edge.fail_preview(function, number, fault, detail); });
}

void NodeLanes::when_done(std::function<void()> done) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(lanes_.size());
  on_each([left, done = std::move(done)](edge::Edge&) {
    if (left->fetch_sub(1) == 1) done();
  });
}

void NodeLanes::visit(std::size_t loop, std::move_only_function<void(const edge::Edge&)> look) {
  lanes_[loop]->on_edge([look = std::move(look)](edge::Edge& edge) mutable { look(edge); });
}

std::uint64_t NodeLanes::requests(Target function) const {
  std::uint64_t sum = 0;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    for (const Counter& status_class : lane->view().requests.of(function).requests) sum += status_class.value();
  }
  return sum;
}

}  // namespace peko::node

/// NodeLanes: tells all lanes of a node what becomes of functions, and lets others look at them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/edge.hpp"
#include "inspect/loops.hpp"
#include "node/lane.hpp"
#include "node/lanes.hpp"

namespace peko::node {

/// The lanes outlive it, and are complete before the first call.
class NodeLanes final : public Lanes, public inspect::Loops {
 public:
  explicit NodeLanes(const std::vector<std::unique_ptr<Lane>>& lanes) : lanes_(lanes) {}

  void route(std::shared_ptr<const edge::Router> router) override;
  void deploy(Target function, std::shared_ptr<const edge::Deployed> deployed) override;
  void fail(Target function, edge::Fault fault, const std::string& detail) override;
  void unload(Target function) override;
  void deploy_preview(Target function, std::uint32_t number, std::shared_ptr<const pool::Version> version) override;
  void fail_preview(Target function, std::uint32_t number, edge::Fault fault, const std::string& detail) override;
  void when_done(std::function<void()> done) override;
  [[nodiscard]] std::uint64_t requests(Target function) const override;

  [[nodiscard]] std::size_t size() const override { return lanes_.size(); }
  [[nodiscard]] std::uint64_t changes(std::size_t loop) const override { return lanes_[loop]->history_changes(); }
  void visit(std::size_t loop, std::move_only_function<void(const edge::Edge&)> look) override;

 private:
  void on_each(const std::function<void(edge::Edge&)>& work);

  const std::vector<std::unique_ptr<Lane>>& lanes_;
};

}  // namespace peko::node

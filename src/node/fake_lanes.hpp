/// FakeLanes: lanes that note what they are told, for tests.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "node/lanes.hpp"

namespace peko::node {

/// Any thread may call it.
class FakeLanes final : public Lanes {
 public:
  void route(std::shared_ptr<const edge::Router> router) override {
    const std::scoped_lock lock(mutex_);
    router_ = std::move(router);
  }
  void deploy(Target function, std::shared_ptr<const edge::Deployed> deployed) override {
    const auto& version = *deployed->versions.front().version;
    note("deploy " + std::to_string(function) + " " + version.fault);
  }
  void fail(Target function, edge::Fault fault, const std::string& detail) override {
    note("fail " + std::to_string(function) + " " + std::string(edge::info(fault).code) + " " + detail);
  }
  void unload(Target function) override { note("unload " + std::to_string(function)); }
  void deploy_preview(Target function, std::uint32_t number, std::shared_ptr<const pool::Version>) override {
    note("preview " + std::to_string(function) + " " + std::to_string(number));
  }
  void fail_preview(Target function, std::uint32_t number, edge::Fault fault, const std::string&) override {
    note("no preview " + std::to_string(function) + " " + std::to_string(number) + " " +
         std::string(edge::info(fault).code));
  }
  void when_done(std::function<void()> done) override { done(); }
  [[nodiscard]] std::uint64_t requests(Target function) const override { return function == busy ? ++asked_ : 0; }

  // Waits for it, and forgets what was told before.
  bool told(const std::string& what) {
    for (int i = 0; i < 20'000; ++i) {
      {
        const std::scoped_lock lock(mutex_);
        if (const auto at = std::ranges::find(told_, what); at != told_.end()) {
          told_.erase(told_.begin(), at + 1);
          return true;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // tidy: what happens on other threads
    }
    return false;
  }
  [[nodiscard]] bool leads_to(std::string_view host) {
    const std::scoped_lock lock(mutex_);
    return router_->find(host, "/").has_value();
  }
  [[nodiscard]] std::size_t count(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(told_, what));
  }

  std::atomic<Target> busy = SIZE_MAX;

 private:
  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    told_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::vector<std::string> told_;
  std::shared_ptr<const edge::Router> router_ = std::make_shared<const edge::Router>("localhost");
  mutable std::atomic<std::uint64_t> asked_ = 0;
};

}  // namespace peko::node

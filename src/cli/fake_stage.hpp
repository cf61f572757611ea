/// FakeStage: a FunctionStage for tests that notes what it is told, and loads nothing.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "node/function_stage.hpp"

namespace peko::cli {

/// Any thread.
class FakeStage final : public node::FunctionStage {
 public:
  void expect(const code::Function& function) override { note("expect " + function.name); }
  void prepare(const code::Function& function) override { note("prepare " + function.name); }
  Result<Put> put(const code::Function& function) override {
    if (refuse && refuse(function)) {
      note("refuse " + function.name);
      return peko::fail(Code::Invalid, function.name + " is broken");
    }
    const std::scoped_lock lock(mutex_);
    functions_[function.name] = function;
    told_.push_back("put " + function.name);
    return Put{.from = node::From::Compiler, .took = std::chrono::milliseconds(1234)};
  }
  void fail(const code::Function& function, std::string why) override { note("fail " + function.name + " " + why); }
  void remove(std::string_view name) override {
    const std::scoped_lock lock(mutex_);
    functions_.erase(std::string(name));
    told_.push_back("remove " + std::string(name));
  }
  [[nodiscard]] std::string default_function() const override {
    const std::scoped_lock lock(mutex_);
    return functions_.size() == 1 ? functions_.begin()->first : std::string();
  }

  /// What was put last under each name and not removed.
  [[nodiscard]] std::map<std::string, code::Function> functions() const {
    const std::scoped_lock lock(mutex_);
    return functions_;
  }
  /// What it was told since the last call.
  [[nodiscard]] std::vector<std::string> told() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(told_, {});
  }

  /// Set before it is used: which functions do not load.
  std::function<bool(const code::Function&)> refuse;

 private:
  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    told_.push_back(std::move(what));
  }

  mutable std::mutex mutex_;
  std::map<std::string, code::Function> functions_;
  std::vector<std::string> told_;
};

}  // namespace peko::cli

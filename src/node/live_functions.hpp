/// LiveFunctions: functions that are files and change while the node runs: what `peko dev` serves.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "node/function_stage.hpp"
#include "node/node_functions.hpp"

namespace peko::node {

struct LiveFunctionsParts {
  /// ComponentLoader::load_file; called by several threads at once.
  std::function<Result<ComponentLoader::FromFile>(const code::Function& function)> load;
  std::function<void(const code::Function& function)> prepare;  ///< ComponentLoader::prepare
  std::function<void(const std::string& function)> forget;      ///< ComponentLoader::forget
  const Clock& clock;
  std::string domain;
  std::string default_function;  ///< empty: the only one, while there is one only
  unsigned compilers;            ///< how many are compiled at once
};

/// Begins empty. Any thread may call it; nothing is loaded under its mutex.
class LiveFunctions final : public NodeFunctions,
                            public FunctionStage,
                            private FunctionBoard,
                            private edge::FunctionSource {
 public:
  /// The clock, and what `load`, `prepare` and `forget` refer to, outlive it.
  explicit LiveFunctions(LiveFunctionsParts parts);

  Status load(const OnLoaded& on_loaded) override;
  [[nodiscard]] std::shared_ptr<const edge::Router> router() const override;
  void attach(Lanes& lanes) override;
  edge::FunctionSource* source() override { return this; }
  [[nodiscard]] const FunctionBoard& board() const override { return *this; }
  FunctionStage* stage() override { return this; }
  bool stop() override;

  void expect(const code::Function& function) override;
  void prepare(const code::Function& function) override { parts_.prepare(function); }
  Result<Put> put(const code::Function& function) override;
  void fail(const code::Function& function, std::string why) override;
  void remove(std::string_view name) override;
  [[nodiscard]] std::string default_function() const override;

 private:
  using Target = edge::Router::Target;
  struct Problem {
    edge::Fault fault;
    std::string why;
  };
  /// A name that there is or was. Never goes: its number is its place.
  struct Slot {
    std::string name;
    std::vector<std::string> routes;
    bool routed = false;
    bool awaited = false;  // put() or fail() will tell the lanes
    std::shared_ptr<const edge::Deployed> serving;
    std::optional<Problem> problem;  // of its newest state
  };

  void want(Target function) override;
  void want_preview(Target function, std::uint32_t version) override;
  [[nodiscard]] std::vector<FunctionView> functions() const override;
  [[nodiscard]] std::optional<FunctionView> function(std::string_view name) const override;

  // Under the mutex:
  Target target_of(const code::Function& function);
  void route(Slot& slot, const code::Function& function);
  void rebuild_router();
  void give_up(Target target, Problem problem);
  void tell_problem(Target target);
  [[nodiscard]] std::string default_name() const;
  [[nodiscard]] FunctionView view_of(Target target) const;

  Result<ComponentLoader::FromFile> load_file(const code::Function& function);
  void wait_for_lanes();

  const LiveFunctionsParts parts_;
  std::counting_semaphore<> compile_permits_;

  mutable std::mutex mutex_;
  // Under the mutex:
  Lanes* lanes_ = nullptr;  // null: before attach(), after stop()
  std::deque<Slot> slots_;
  std::map<std::string, Target, std::less<>> targets_;  // by name
  std::shared_ptr<const edge::Router> router_;
};

}  // namespace peko::node

/// Registry: which functions a node has, and what of them is loaded: keeps that as the store says.
///
/// One thread looks at the store and never waits for a load. Functions are loaded when they are first asked for, or in
/// the background when what is loaded has changed; by three small groups of threads, one for what the local cache has,
/// one for what the store must be asked for, one for what must be compiled, so that none waits behind a slower kind.
/// Whatever fails, what serves goes on serving: only the store's word that a function is gone ends it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "edge/function_source.hpp"
#include "node/function_board.hpp"
#include "node/function_loader.hpp"
#include "node/lanes.hpp"
#include "node/node_functions.hpp"
#include "node/refresher.hpp"
#include "node/store_stats.hpp"
#include "node/store_view.hpp"
#include "node/store_watch.hpp"
#include "node/work_queue.hpp"

namespace peko::node {

struct RegistryOptions {
  std::string domain;
  std::string default_function;  ///< empty: none
  std::chrono::milliseconds check_interval{1000};
  std::size_t loaded_max = 2000;  ///< functions loaded at once: the one unused for longest makes room
  unsigned compilers = 1;         ///< threads that compile
};

/// What it works with; all outlives it.
struct RegistryParts {
  code::Store& store;
  const code::LocalCache* cache;  ///< null: there is none, and so no start without the store
  const code::LimitsMax& maxima;
  FunctionLoader& loader;
  StoreStats& stats;
  LogSink& log;
  const Clock& clock;
};

/// Any thread may call it, in the order that the functions say.
class Registry final : public edge::FunctionSource, public FunctionBoard, public Refresher {
 public:
  using Target = edge::Router::Target;

  Registry(const RegistryParts& parts, RegistryOptions options);
  /// stop() comes first.
  ~Registry() override;

  /// Begins to look at the store, and waits for the first look. When that fails or takes longer than `patience`, what
  /// is remembered of an earlier one serves; without any, its end is waited for, and its error is the result.
  Status start(std::chrono::milliseconds patience);
  /// How many functions there are.
  [[nodiscard]] std::size_t size() const;
  /// Loads all functions, in the order of their names; `report` is called here for each, in that order. Blocks while it
  /// compiles.
  void preload(const OnLoaded& report);
  /// What requests are routed by now.
  [[nodiscard]] std::shared_ptr<const edge::Router> router() const;
  /// From here on the lanes are told: of all that is loaded, then of every change. Once.
  void attach(Lanes& lanes);
  /// Ends. False when the store holds up a thread of it for longer than `patience`: then it may be called
  /// again, else nothing that the registry refers to may go before the process does.
  bool stop(std::chrono::milliseconds patience);

  void want(Target function) override;
  void want_preview(Target function, std::uint32_t version) override;
  [[nodiscard]] std::vector<FunctionView> functions() const override;
  [[nodiscard]] std::optional<FunctionView> function(std::string_view name) const override;
  void refresh(std::function<void(Refreshed)> done) override;
  [[nodiscard]] std::vector<std::string> under_way() const override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Loaded = FunctionLoader::Loaded;
  using Outcome = std::expected<Loaded, Obstacle>;
  using PreviewOutcome = std::expected<FunctionLoader::Version, Obstacle>;
  using Lock = std::unique_lock<std::mutex>;

  /// A name that the store has or had. Never goes: its number is its place.
  struct Slot {
    std::string name;
    std::optional<code::CatalogEntry> listed;  // nothing: the store has it no more
    Loaded serving;                            // null: not loaded
    bool loading = false;
    // Of the last load, when it failed:
    std::optional<Error> error;
    unsigned failures = 0;
    Time retry_at;
    // When requests of it were last seen to end, and how many there were then:
    Time used_at;
    std::uint64_t requests = 0;

    [[nodiscard]] bool answers() const { return serving != nullptr && serving->deployed != nullptr; }
    /// Whether a name leads to it: not when its pointer says that nothing serves.
    [[nodiscard]] bool routable() const { return listed && (serving == nullptr || serving->deployed != nullptr); }
  };
  struct Load {
    Target target;
    code::CatalogEntry entry;
    Loaded serving;
    Time begin;
  };
  struct Waiting {
    std::function<void(Refreshed)> done;
    std::uint64_t look;  // the first look that counts
    bool looked = false;
    std::set<Target> pending;
    Refreshed result;
  };

  // The thread that looks (registry_look.cpp).
  void run();
  void look();
  void apply(StoreView view, Lock& lock);
  bool believe(const StoreView& view);
  void note_entry(const code::CatalogEntry& entry, std::vector<Target>& changed);
  void remove(Target target);
  void tell_problems(const std::vector<std::string>& problems);
  void look_after(Lock& lock);
  void note_use();
  void remember(const StoreView& view);
  bool recall();
  void rebuild_router();
  void finish_look(const Status& outcome, Lock& lock);
  void answer_waiting(Lock& lock);

  // Loading (registry.cpp). `lock` holds mutex_.
  void begin_load(Target target, Lock& lock);
  void attempt(Load load, Reach reach);
  void finish(const Load& load, Outcome outcome);
  void serve(Slot& slot, const Load& load, Loaded loaded);
  void give_up(Slot& slot, Target target, Error error);
  void answer_failed(const Slot& slot, Target target);
  void unload_beyond(std::size_t most, Target but);
  void attempt_preview(Load load, code::VersionNumber number, Reach reach);
  WorkQueue& queue_of(Reach reach);
  FunctionView view_of(Target target) const;

  const RegistryParts parts_;
  const RegistryOptions options_;

  // The looking thread's:
  StoreLook look_;
  StoreWatch watch_;
  std::optional<StoreView> remembered_;  // what the local cache has of the last view
  bool doubted_ = false;                 // the last look saw an empty store, after one that was not
  std::set<std::string> told_;           // problems

  mutable std::mutex mutex_;
  std::condition_variable wake_;    // the looking thread's
  std::condition_variable looked_;  // a look is over
  // Under the mutex:
  Lanes* lanes_ = nullptr;
  std::deque<Slot> slots_;
  std::unordered_map<std::string, Target> targets_;  // by name
  std::set<Target> loaded_;                          // those that answer
  std::vector<code::RouteClaim> routes_;
  std::shared_ptr<const edge::Router> router_;
  std::set<std::pair<Target, code::VersionNumber>> previews_;  // being loaded
  std::vector<Waiting> waiting_;
  std::uint64_t looks_begun_ = 0;
  std::uint64_t looks_ended_ = 0;
  std::optional<Error> look_error_;  // of the last one
  bool view_known_ = false;
  bool poked_ = false;
  bool stopping_ = false;

  WorkQueue looking_;
  WorkQueue from_cache_;
  WorkQueue from_store_;
  WorkQueue compiling_;
};

}  // namespace peko::node

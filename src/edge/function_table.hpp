/// FunctionTable: what each function is on one loop: not loaded, on its way, served by one or several versions, failed.
///
/// A node may know ten thousand functions and run ten. So a function costs a few words here until somebody asks for it;
/// then the first request has it brought (FunctionSource) and waits, as do those that come meanwhile. Whatever becomes
/// of it, those who wait look again, as if they had just come.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/deployed.hpp"
#include "edge/fault.hpp"
#include "edge/function_source.hpp"
#include "edge/metrics.hpp"
#include "edge/router.hpp"
#include "edge/version_choice.hpp"
#include "net/deadline.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

/// Derive from it; FunctionTable::look queues it, and it leaves the queue by changed() or FunctionTable::leave.
class LoadWaiter {
 public:
  LoadWaiter() = default;
  LoadWaiter(const LoadWaiter&) = delete;
  LoadWaiter& operator=(const LoadWaiter&) = delete;

 protected:
  ~LoadWaiter() = default;
  [[nodiscard]] bool waits_for_load() const { return queue_ != nullptr; }
  /// What it waited for has changed, and it is not queued any more. `load`: how long it took to be loaded, 0 when it
  /// was not. Must not call the table from here.
  virtual void changed(std::chrono::nanoseconds load) = 0;

 private:
  friend class FunctionTable;
  std::list<LoadWaiter*>* queue_ = nullptr;  // null: not queued
  std::list<LoadWaiter*>::iterator place_;
};

/// Lives on one loop.
class FunctionTable {
 public:
  /// Requests that wait for functions to be loaded, of all functions: each holds a connection and a copy of its head.
  static constexpr std::size_t kWaitingMax = 4096;
  /// What could not be loaded is asked for again by the first request after this.
  static constexpr std::chrono::seconds kFailedFor{1};
  /// Previews of one function: clients choose their numbers, so the one that was used least recently makes room.
  static constexpr std::size_t kPreviewsMax = 8;
  static constexpr std::chrono::seconds kPreviewIdle{300};

  /// What answers one host: the function's own, or a preview's.
  struct Place {
    struct Failure {
      Fault fault;
      std::string detail;
      net::TimePoint since;
    };
    std::vector<Serving> serving;  // heaviest first
    std::optional<Failure> failure;
    bool asked = false;  // it is on its way
    net::TimePoint used;
    std::list<LoadWaiter*> waiting;
  };
  using Previews = std::map<std::uint32_t, Place>;  // by number
  /// A function that somebody has asked for, or that was deployed. Never goes and never moves.
  struct Function {
    Function(std::string name, FunctionMetrics& metrics) : name(std::move(name)), metrics(metrics) {}
    std::string name;
    FunctionMetrics& metrics;
    Place own;
    Previews previews;
  };
  /// All that a warm request looks at.
  struct Slot {
    pool::Shelf* only = nullptr;  ///< of the version that serves alone; null: anything else is the case
    FunctionMetrics* metrics = nullptr;
    std::unique_ptr<Function> function;
  };

  /// All outlive it. `source` null: there is nothing but what is deployed without being asked for.
  FunctionTable(pool::WarmPool& pool, Metrics& metrics, FunctionSource* source)
      : pool_(pool), metrics_(metrics), source_(source) {}
  FunctionTable(const FunctionTable&) = delete;
  FunctionTable& operator=(const FunctionTable&) = delete;

  /// The names of functions; their numbers mean what they meant.
  void route(const Router& router);

  [[nodiscard]] const Slot& operator[](Router::Target function) const { return slots_[function]; }
  struct Look {
    Function* function;
    const std::vector<Serving>* serving = nullptr;  ///< not null: these answer. Valid until the table is called again
    bool waits = false;                             ///< `waiter` was queued
    Fault fault = Fault::Internal;                  ///< neither: this is the answer
    std::string detail;
  };
  /// What answers a request; when it has to be brought first, `waiter` waits for it.
  Look look(const Router::Match& match, LoadWaiter& waiter, net::TimePoint now);
  /// What serves a function now, its previews not included.
  [[nodiscard]] std::vector<Serving> serving(Router::Target function) const;
  /// Takes it out of the queue; nothing when it is in none.
  void leave(LoadWaiter& waiter);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

  // What becomes of functions: see Edge.
  /// Returns the versions that take over from others which have instances.
  std::vector<pool::Shelf*> deploy(Router::Target target, const Deployed& deployed);
  void fail(Router::Target target, Fault fault, std::string detail, net::TimePoint now);
  void unload(Router::Target target);
  void deploy_preview(Router::Target target, std::uint32_t number, std::shared_ptr<const pool::Version> version);
  void fail_preview(Router::Target target, std::uint32_t number, Fault fault, std::string detail, net::TimePoint now);

  /// Brings the numbers of instances in the metrics up to date, and forgets previews that nobody uses. Call it about
  /// once a second.
  void sweep(net::TimePoint now);

 private:
  Function& function(Router::Target target);
  Place* preview(Function& function, std::uint32_t number);
  Place* awaited_preview(Router::Target target, std::uint32_t number);
  Previews::iterator drop(Function& function, Previews::iterator preview);
  void serve(Function& function, Place& place, std::vector<Serving> serving);
  static void count(Function& function);
  void wake(Place& place, std::chrono::nanoseconds load);

  pool::WarmPool& pool_;
  Metrics& metrics_;
  FunctionSource* source_;
  const Router* router_ = nullptr;
  std::vector<Slot> slots_;            // by Router::Target
  std::vector<Router::Target> known_;  // those that have a Function
  std::size_t waiting_ = 0;
};

}  // namespace peko::edge

/// Worker: the engine's part of one loop. Starts calls, and brings wake-ups from anywhere to the call they are for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/component.hpp"
#include "engine/invocation.hpp"
#include "engine/key_value.hpp"
#include "engine/outbound.hpp"
#include "engine/outbound_grant.hpp"
#include "engine/trace_context.hpp"
#include "net/loop.hpp"
#include "peko_bridge.h"

namespace peko::engine {

class Runtime;

/// Made by Runtime::add_worker and owned by the runtime. Every method on the loop's thread, unless it says otherwise.
class Worker {
 public:
  Worker(Runtime& runtime, net::Loop& loop, std::size_t thread);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Once, on the loop's thread, before anything else.
  void attach();

  /// Starts a call of `component`, on `warm` or a fresh instance of it; nothing runs before Invocation::step.
  /// `progress` and `component` outlive the InvocationPtr, as what the guest may use does: `outbound` of the world,
  /// `key_value` of stores; null: nothing. `head` is copied.
  InvocationPtr start(const Component& component, std::optional<Instance> warm, const http::RequestHead& head,
                      const Limits& limits, OutboundGrant* outbound, const keyvalue::Owner* key_value,
                      net::Event& progress);

  /// Makes an instance before a request needs it, as the first part of such a call: step() until it has ended, then
  /// Invocation::finish gives the instance. The same must outlive it.
  InvocationPtr prepare(const Component& component, const Limits& limits, net::Event& progress);

  /// What sends the requests of guests; null, and before: all are denied. It outlives all that is in flight.
  void use_client(http::Client* client) { outbound_.use(client); }

  /// Where guests' entries are; null, and before: nowhere. It outlives all that is in flight.
  void use_store(keyvalue::Store* store, std::uint64_t value_bytes_max) { key_value_.use(store, value_bytes_max); }

  /// Calls that have not been retired, those on overflow threads included, and requests and operations of guests.
  [[nodiscard]] std::size_t in_flight() const {
    return slots_.size() - free_.size() + outbound_.in_flight() + key_value_.in_flight();
  }

  Runtime& runtime() { return runtime_; }
  net::Loop& loop() { return loop_; }
  [[nodiscard]] std::size_t thread() const { return thread_; }

 private:
  friend class Invocation;
  friend struct RetireInvocation;

  // A token is generation << 32 | index, so that a wake-up for a call that is gone finds nothing.
  struct Slot {
    Slot(Worker& worker, std::uint32_t index) : invocation(worker), index(index) {}
    Invocation invocation;
    const std::uint32_t index;
    OutboundGrant* outbound = nullptr;
    const keyvalue::Owner* key_value = nullptr;
    TraceContext trace;
    std::uint32_t generation = 1;  // 31 bits: the highest one of a token says that it is an outbound request's
    bool used = false;
  };

  peko_loop* make_handle();
  void note(std::uint64_t token, std::string text);
  Slot& free_slot();
  InvocationPtr begin(Slot& slot, const Component& component, std::optional<Instance> warm,
                      const peko_request_head* head, const Limits& limits, net::Event& progress);
  void retire(Invocation& invocation);
  /// The call of the token; null when it is gone.
  Slot* find(std::uint64_t token);
  void wake(std::uint64_t token);
  std::span<const peko_field> to_bridge(http::Fields fields);
  http::Fields to_fields(const peko_field* fields, std::size_t count);

  // The bridge's hooks; which threads call them is in peko_bridge.h.
  static void on_wake(void* context, std::uint64_t token) noexcept;
  static void on_want_body(void* context, std::uint64_t token) noexcept;
  static void on_outbound(void* context, std::uint64_t token, std::uint64_t id,
                          const peko_outbound_head* head) noexcept;
  static void on_outbound_cancel(void* context, std::uint64_t id) noexcept;
  static void on_key_value(void* context, std::uint64_t token, std::uint64_t id,
                           const peko_key_value_request* request) noexcept;
  static void on_key_value_cancel(void* context, std::uint64_t id) noexcept;
  static void on_log(void* context, std::uint64_t token, int stream, peko_str bytes) noexcept;

  Runtime& runtime_;
  net::Loop& loop_;
  std::size_t thread_;
  peko_loop* handle_;
  std::deque<Slot> slots_;
  std::vector<std::uint32_t> free_;
  Outbound outbound_;
  KeyValue key_value_;
  std::vector<peko_field> bridge_fields_;  // scratch
  std::vector<http::Field> http_fields_;   // scratch
};

/// Says which call this thread polls, for the hooks that the bridge calls in the middle of it.
class PollScope {
 public:
  explicit PollScope(Invocation& invocation);
  ~PollScope();
  PollScope(const PollScope&) = delete;
  PollScope& operator=(const PollScope&) = delete;
};

}  // namespace peko::engine

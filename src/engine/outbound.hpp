/// Outbound: the requests that the guests of one loop have sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/outbound_exchange.hpp"
#include "engine/trace_context.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

namespace peko::engine {

/// Lives on one loop, made by its Worker. Checks a request against the grant of its function, then lets it run until it
/// is answered or the guest no longer waits (which the end of its call implies).
class Outbound {
 public:
  /// Tells the function's author, in the log of call `token`, why a request was refused.
  using Note = std::move_only_function<void(std::uint64_t token, std::string text)>;

  Outbound(peko_loop* bridge, net::Loop& loop, Note note);
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  /// What sends the requests; null: nothing does, and all are denied. It outlives all exchanges.
  void use(http::Client* client) { client_ = client; }

  /// Starts a request, or answers it with an error. `grant` null: nothing is allowed. `trace` is passed on unless the
  /// guest has set its own.
  void start(OutboundHead head, OutboundGrant* grant, const TraceContext& trace);

  // Of requests that are gone: nothing.

  /// The guest has written more of the request's body, or ended it.
  void wake(std::uint64_t id);
  /// The guest has room for more of the response's body.
  void want(std::uint64_t id);
  /// The guest does not wait any more.
  void cancel(std::uint64_t id);

  [[nodiscard]] std::size_t in_flight() const { return tasks_.size(); }

 private:
  OutboundExchange* find(std::uint64_t id);
  void refuse(const OutboundHead& head, ErrorCode error, std::string why);
  net::Task<void> run(std::uint64_t id);

  peko_loop* bridge_;
  net::Loop& loop_;
  Note note_;
  http::Client* client_ = nullptr;
  std::unordered_map<std::uint64_t, std::unique_ptr<OutboundExchange>> exchanges_;
  net::TaskGroup tasks_;
};

}  // namespace peko::engine

/// Whole calls of real guests, for tests of this room.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/guest_fixture.hpp"
#include "net/task_group.hpp"

namespace peko::engine {

/// What a call was asked and what came of it.
struct Exchange {
  std::string target = "/";
  std::string request_body;
  std::vector<http::Field> fields;
  Limits limits;
  std::optional<Instance> warm;
  OutboundGrant* outbound = nullptr;
  const keyvalue::Owner* key_value = nullptr;
  bool give_up_when_away = false;

  // May be changed in the middle of the call, by who then sets `progress`:
  bool give_up = false;
  bool reading = true;  ///< the client takes what the guest writes
  net::Event* progress = nullptr;

  unsigned status = 0;
  std::string body;
  std::vector<http::Field> request_trailers;
  std::vector<std::string> trailers;  ///< "name: value"
  bool body_ended = false;
  bool was_away = false;
  std::vector<GuestLine> log;
  Usage usage;
  std::optional<Instance> kept;
};

class CallFixture : public GuestFixture {
 protected:
  net::Task<void> call(std::shared_ptr<const Component> component, Exchange& exchange) {
    net::Event progress(*loop_);
    exchange.progress = &progress;
    const http::RequestHead head{.method = exchange.request_body.empty() ? "GET" : "POST",
                                 .target = exchange.target,
                                 .authority = "test.localhost",
                                 .fields = exchange.fields,
                                 .body_length = exchange.request_body.size()};
    InvocationPtr invocation = worker_->start(*component, std::exchange(exchange.warm, std::nullopt), head,
                                              exchange.limits, exchange.outbound, exchange.key_value, progress);
    bool body_pushed = exchange.request_body.empty();
    while (!invocation->ended() || !exchange.body_ended) {
      if (exchange.give_up) co_return;
      if (!invocation->away()) {
        if (!body_pushed && invocation->wants_body()) {
          invocation->push(exchange.request_body);
          invocation->push_end(Invocation::Body::Complete, exchange.request_trailers);
          body_pushed = true;
        }
        invocation->step();
      }
      if (invocation->away()) {
        exchange.was_away = true;
        if (exchange.give_up_when_away) co_return;
      } else {
        if (exchange.reading) read_response(*invocation, exchange);
        if (invocation->ended() && (invocation->failed() || exchange.body_ended)) break;
      }
      co_await progress.wait();
    }
    exchange.usage = invocation->finish(exchange.kept);
    for (GuestLine& line : invocation->log().take()) exchange.log.push_back(std::move(line));
  }

  static void read_response(Invocation& invocation, Exchange& exchange) {
    if (!invocation.has_head()) return;
    if (exchange.status == 0) exchange.status = invocation.head().status;
    for (http::Chunk chunk; !exchange.body_ended;) {
      const Invocation::Next next = invocation.next(chunk);
      if (next == Invocation::Next::Data) exchange.body += chunk.bytes();
      if (next == Invocation::Next::Trailers) {
        for (const auto& [name, value] : invocation.trailers()) {
          exchange.trailers.push_back(std::string(name).append(": ").append(value));
        }
      }
      if (next == Invocation::Next::End) exchange.body_ended = true;
      if (next == Invocation::Next::Pending || next == Invocation::Next::Aborted) return;
    }
  }

  using Calls = std::vector<std::pair<std::string, Exchange*>>;
  /// Runs the loop until all calls are over and nothing is left on overflow threads.
  void run(Calls calls) {
    net::TaskGroup group(*loop_);
    start_all(group, calls);
  }
  /// The same with `beside`, which ends by itself.
  void run(Calls calls, net::Task<void> beside) {
    net::TaskGroup group(*loop_);
    group.spawn(std::move(beside));
    start_all(group, calls);
  }

 private:
  void start_all(net::TaskGroup& group, Calls& calls) {
    for (auto& [name, exchange] : calls) group.spawn(call(guest(name), *exchange));
    net::TaskGroup waiter(*loop_);
    waiter.spawn(stop_when_done(group));
    loop_->run();
  }
  net::Task<void> stop_when_done(net::TaskGroup& group) {
    co_await group.join();
    net::Event turn(*loop_);
    while (worker_->in_flight() > 0) {
      turn.set();
      co_await turn.wait();
    }
    loop_->stop();
  }
};

}  // namespace peko::engine

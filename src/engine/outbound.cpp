#include "engine/outbound.hpp"

#include <algorithm>
#include <utility>

#include "peko_bridge.h"

namespace peko::engine {
namespace {

constexpr std::size_t kShownBytesMax = 200;  // of a URI, in the log

void add_trace(OutboundHead& head, const TraceContext& trace) {
  const auto is_own = [](const auto& field) { return field.first == "traceparent"; };
  if (trace.parent.empty() || std::ranges::any_of(head.fields, is_own)) return;
  std::erase_if(head.fields, [](const auto& field) { return field.first == "tracestate"; });
  head.fields.emplace_back("traceparent", trace.parent);
  if (!trace.state.empty()) head.fields.emplace_back("tracestate", trace.state);
}

}  // namespace

Outbound::Outbound(peko_loop* bridge, net::Loop& loop, Note note)
    : bridge_(bridge), loop_(loop), note_(std::move(note)), tasks_(loop) {}

Outbound::~Outbound() = default;

void Outbound::start(OutboundHead head, OutboundGrant* grant, const TraceContext& trace) {
  std::expected<OutboundTarget, ErrorCode> target = OutboundTarget::parse(head.uri);
  if (!target) {
    return refuse(head, target.error(),
                  "\"" + head.uri.substr(0, kShownBytesMax) +
                      "\" is not a plain URL: http or https, a host name or address, a port if need be, a path");
  }
  const std::string origin = target->origin.text();
  if (client_ == nullptr || grant == nullptr || !grant->allows(target->origin)) {
    return refuse(head, ErrorCode::HttpRequestDenied,
                  origin + " is not allowed; add \"" + origin + "\" to `allow` in [http] of peko.toml");
  }
  if (head.method == "CONNECT") {
    return refuse(head, ErrorCode::HttpRequestMethodInvalid, "CONNECT would be a tunnel to " + origin);
  }
  if (!grant->try_enter()) {
    return refuse(head, ErrorCode::ConnectionLimitReached,
                  std::to_string(grant->at_once()) + " of the function's are in flight already; the limit is " +
                      "subrequests_at_once in [limits] of peko.toml");
  }
  add_trace(head, trace);
  const std::uint64_t id = head.id;
  exchanges_[id] = std::make_unique<OutboundExchange>(bridge_, loop_, *client_, std::move(head), std::move(*target),
                                                      grant->shared_from_this());
  tasks_.spawn(run(id));
}

net::Task<void> Outbound::run(std::uint64_t id) {
  OutboundExchange& exchange = *exchanges_.at(id);  // only this task erases it
  for (exchange.turn(); !exchange.over(); exchange.turn()) co_await exchange.progress().wait();
  if (exchange.error() == ErrorCode::DestinationIpProhibited) {
    note_(exchange.head().token, "[outbound request refused: the address of " + exchange.origin().text() +
                                     " is not public; an operator allows more by outbound_allow_ranges]");
  }
  exchanges_.erase(id);
}

void Outbound::refuse(const OutboundHead& head, ErrorCode error, std::string why) {
  note_(head.token, "[outbound request refused: " + std::move(why) + "]");
  peko_outbound_respond(bridge_, head.id, 0, std::to_underlying(error), nullptr, 0);
}

OutboundExchange* Outbound::find(std::uint64_t id) {
  const auto found = exchanges_.find(id);
  return found == exchanges_.end() ? nullptr : found->second.get();
}

void Outbound::wake(std::uint64_t id) {
  if (OutboundExchange* exchange = find(id)) exchange->progress().set();
}

void Outbound::want(std::uint64_t id) {
  if (OutboundExchange* exchange = find(id)) exchange->want();
}

void Outbound::cancel(std::uint64_t id) {
  if (OutboundExchange* exchange = find(id)) exchange->cancel();
}

}  // namespace peko::engine

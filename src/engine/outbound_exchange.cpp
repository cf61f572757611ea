#include "engine/outbound_exchange.hpp"

#include <algorithm>
#include <span>

#include "engine/bridge_chunk.hpp"
#include "http/grammar.hpp"
#include "net/loop.hpp"
#include "peko_bridge.h"

namespace peko::engine {
namespace {

std::vector<peko_field> to_bridge(http::Fields fields) {
  std::vector<peko_field> views;
  views.reserve(fields.size());
  for (const auto& [name, value] : fields) views.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  return views;
}

// Zero means that the guest left it to us.
void set_timeout(std::chrono::nanoseconds& timeout, std::chrono::nanoseconds wanted) {
  if (wanted.count() > 0) timeout = wanted;
}

}  // namespace

OutboundExchange::OutboundExchange(peko_loop* bridge, net::Loop& loop, http::Client& client, OutboundHead head,
                                   OutboundTarget target, std::shared_ptr<OutboundGrant> grant)
    : bridge_(bridge),
      loop_(loop),
      client_(client),
      head_(std::move(head)),
      target_(std::move(target)),
      grant_(std::move(grant)),
      progress_(loop) {}

OutboundExchange::~OutboundExchange() { grant_->leave(); }

void OutboundExchange::expired() {
  grace_over_ = true;
  progress_.set();
}

void OutboundExchange::turn() {
  if (!over_ && !exchange_) start();
  if (!over_ && exchange_) move_request();
  if (!over_ && exchange_) move_response();
}

void OutboundExchange::start() {
  if (!first_waits_ && !body_ended_) first_waits_ = next_piece(first_);
  if (over_) return;
  const bool known = first_waits_ || body_ended_;
  if (!known && !grace_over_ && (head_.method == "GET" || head_.method == "HEAD")) {
    if (!armed()) arm(loop_.deadlines(), loop_.now() + kBodyGrace);
    return;
  }
  disarm();
  std::vector<http::Field> fields;
  fields.reserve(head_.fields.size());
  for (const auto& [name, value] : head_.fields) {
    if (name != "host" && name != "content-length") fields.push_back({name, value});
  }
  const std::string authority = target_.origin.authority();
  http::ClientRequest request{
      .partition = grant_->function(),
      .scheme = target_.origin.scheme,
      .host = target_.origin.host.text(),
      .port = target_.origin.port,
      .method = head_.method,
      .target = target_.path,
      .authority = authority,
      .fields = fields,
      .body_length = body_ended_ ? 0 : announced_length(),
  };
  set_timeout(request.connect_timeout, head_.connect_timeout);
  set_timeout(request.first_byte_timeout, head_.first_byte_timeout);
  set_timeout(request.between_bytes_timeout, head_.between_bytes_timeout);
  body_finished_ = body_ended_;  // one without a body needs no end
  exchange_ = client_.start(request, progress_);
}

// The bridge makes sure that the body is as long as the guest's content-length says.
std::optional<std::uint64_t> OutboundExchange::announced_length() const {
  for (const auto& [name, value] : head_.fields) {
    if (name == "content-length") return http::parse_digits(value);
  }
  return std::nullopt;
}

bool OutboundExchange::next_piece(http::Chunk& chunk) {
  peko_chunk piece{};
  switch (peko_outbound_next(bridge_, head_.id, PEKO_OUTBOUND_TOKEN | head_.id, &piece)) {
    case PEKO_NEXT_DATA: chunk = take_chunk(piece); return true;
    case PEKO_NEXT_PENDING: return false;
    case PEKO_NEXT_TRAILERS: take_trailers(); [[fallthrough]];
    case PEKO_NEXT_END: body_ended_ = true; return false;
    default: fail(ErrorCode::ConnectionTerminated); return false;  // the guest broke its own request off
  }
}

void OutboundExchange::take_trailers() {
  peko_response_head trailers{};
  peko_outbound_trailers(bridge_, head_.id, &trailers);
  for (const auto& [name, value] : std::span(trailers.fields, trailers.field_count)) {
    trailers_.emplace_back(std::string(name.data, name.size), std::string(value.data, value.size));
  }
}

void OutboundExchange::move_request() {
  if (first_waits_ && exchange_->writable()) {
    exchange_->write(std::move(first_));
    first_waits_ = false;
  }
  while (!first_waits_ && !body_ended_ && exchange_->writable()) {
    http::Chunk chunk;
    if (!next_piece(chunk)) break;
    exchange_->write(std::move(chunk));
  }
  if (over_ || !body_ended_ || first_waits_ || body_finished_) return;
  std::vector<http::Field> trailers;
  trailers.reserve(trailers_.size());
  for (const auto& [name, value] : trailers_) trailers.push_back({name, value});
  exchange_->finish(trailers);
  body_finished_ = true;
}

void OutboundExchange::move_response() {
  if (!answered_ && !answer()) return;
  while (wants_) {
    const std::span<const char> bytes = exchange_->body();
    if (bytes.empty()) break;
    std::size_t waiting = 0;
    if (http::Chunk whole = exchange_->take_body(); !whole.bytes().empty()) {
      const peko_lent lent = lend(std::move(whole));
      waiting = peko_outbound_push_lent(bridge_, head_.id, &lent);
    } else {
      const std::size_t size = std::min(bytes.size(), kHighWater);
      waiting = peko_outbound_push(bridge_, head_.id, bytes.data(), size);
      exchange_->consume(size);
    }
    if (waiting == SIZE_MAX) return cancel();
    if (waiting >= kHighWater) wants_ = false;
  }
  if (exchange_->body().empty() && exchange_->body_state() != http::BodyState::Open) end_response();
}

// Gives the guest the head, or the error that came instead; whether there is a body to move.
bool OutboundExchange::answer() {
  const http::ResponseHead* head = exchange_->head();
  if (head == nullptr) {
    if (const auto fault = exchange_->fault()) fail(error_code(*fault));
    return false;
  }
  answered_ = true;
  const std::vector<peko_field> fields = to_bridge(head->fields);
  if (peko_outbound_respond(bridge_, head_.id, head->status, 0, fields.data(), fields.size()) != 0) cancel();
  return !over_;
}

void OutboundExchange::end_response() {
  if (exchange_->body_state() == http::BodyState::Failed) {
    return fail(error_code(exchange_->fault().value_or(http::ClientFault::HttpResponseIncomplete)));
  }
  const std::vector<peko_field> trailers = to_bridge(exchange_->trailers());
  peko_outbound_push_end(bridge_, head_.id, PEKO_COMPLETE, trailers.data(), trailers.size());
  over_ = true;
}

void OutboundExchange::fail(ErrorCode error) {
  error_ = error;
  const auto index = std::to_underlying(error);
  if (answered_) {
    peko_outbound_push_end(bridge_, head_.id, index, nullptr, 0);
  } else {
    peko_outbound_respond(bridge_, head_.id, 0, index, nullptr, 0);
  }
  over_ = true;
}

}  // namespace peko::engine

#include "http/h1_client_exchange.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "http/client_pool.hpp"
#include "http/h1_request_writer.hpp"
#include "http/h1_writer.hpp"

namespace peko::http {
namespace {

// Guests set timeouts as they like. Longer than a day is no deadline but an overflow.
net::Duration bounded(std::chrono::nanoseconds timeout) {
  return std::clamp<net::Duration>(timeout, net::Duration::zero(), std::chrono::hours(24));
}

}  // namespace

ClientFault fault_of(net::LinkFault fault) {
  using net::LinkFault;
  switch (fault) {
    case LinkFault::Prohibited: return ClientFault::DestinationIpProhibited;
    case LinkFault::Unroutable: return ClientFault::DestinationIpUnroutable;
    case LinkFault::Exhausted: return ClientFault::ConnectionLimitReached;
    case LinkFault::Timeout: return ClientFault::ConnectionTimeout;
    case LinkFault::Terminated: return ClientFault::ConnectionTerminated;
    case LinkFault::Refused: return ClientFault::ConnectionRefused;
    case LinkFault::NameTimeout: return ClientFault::DnsTimeout;
    case LinkFault::NameUnknown: return ClientFault::DnsError;
    case LinkFault::TlsProtocol: return ClientFault::TlsProtocolError;
    case LinkFault::TlsAlert: return ClientFault::TlsAlertReceived;
    case LinkFault::TlsCertificate: return ClientFault::TlsCertificateError;
  }
  return ClientFault::InternalError;
}

H1ClientExchange::H1ClientExchange(ClientPool& pool, const ClientRequest& request, net::Event& progress)
    : pool_(pool),
      progress_(progress),
      connect_timeout_(bounded(request.connect_timeout)),
      first_byte_timeout_(bounded(request.first_byte_timeout)),
      between_bytes_timeout_(bounded(request.between_bytes_timeout)),
      framing_(request_framing(request)),
      idempotent_(is_idempotent(request.method)),
      is_head_request_(request.method == "HEAD"),
      out_(pool.stores()),
      body_left_(framing_.content_length.value_or(0)),
      finished_(framing_.end == BodyEnd::None),
      input_(pool.loop().buffers()),
      since_(pool.loop().now()) {}

H1ClientExchange::~H1ClientExchange() {
  if (phase_ != Phase::Over) give_up();
}

void H1ClientExchange::start(const ClientRequest& request) {
  if (!write_request_head(head_text_, request)) return fail(ClientFault::HttpProtocolError);
  parser_.emplace(pool_.limits().response, is_head_request_ ? "HEAD" : "");
  out_.text() += head_text_;
  arm_deadline();
  site_ = &pool_.site_of(request);
  if (pool_.acquire(*this)) return;
  site_ = nullptr;
  fail(ClientFault::ConnectionLimitReached);
}

void H1ClientExchange::dial(net::Dialer& dialer) {
  using Security = net::DialRequest::Security;
  const net::DialRequest request{
      .host = site_->host,
      .port = site_->port,
      .security = site_->scheme == Scheme::Https ? Security::Tls : Security::Plain,
      .owner = site_->partition,
      .timeout = since_ + connect_timeout_ - pool_.loop().now(),
  };
  disarm();  // the dial has the deadline now
  dial_ = dialer.dial(request, [this](std::expected<std::unique_ptr<net::Stream>, net::LinkFault> outcome) {
    const auto dial = std::move(dial_);
    auto connection = pool_.dialled(*site_, outcome ? std::move(*outcome) : nullptr);
    if (connection) return attach(std::move(connection), Kept::No);
    site_ = nullptr;
    fail(fault_of(outcome ? net::LinkFault::Exhausted : outcome.error()));
  });
}

void H1ClientExchange::attach(std::unique_ptr<ClientConnection> connection, Kept kept) {
  connection_ = std::move(connection);
  connection_->use(*this);
  phase_ = Phase::Active;
  kept_ = kept;
  readable_ = kept == Kept::No && connection_->stream().layered();  // a kept one was quiet
  since_ = pool_.loop().now();
  progress_.set();  // it is writable
  pump_later();
}

void H1ClientExchange::pump_later() {
  if (!pumping_) pool_.loop().at_round_end(*this);
}

/// A server may close a kept connection at the moment when we use it again (RFC 9112, 9.3.1).
bool H1ClientExchange::may_retry() const {
  return kept_ == Kept::Yes && !received_any_ && !retried_ && idempotent_ && !body_begun_;
}

void H1ClientExchange::retry() {
  retried_ = true;
  phase_ = Phase::Waiting;
  out_.clear();
  out_.text() += head_text_;
  input_.clear();
  readable_ = peer_ends_ = full_ = send_failed_ = false;
  since_ = pool_.loop().now();
  pool_.replace(std::move(connection_), *this);
}

void H1ClientExchange::fail(ClientFault fault) {
  PEKO_ASSERT(phase_ != Phase::Over, "an exchange ends once");
  give_up();
  fault_ = fault;
  end();
}

/// Lets go of what it has at the pool.
void H1ClientExchange::give_up() {
  dial_.reset();
  if (ClientSite* const site = std::exchange(site_, nullptr); site && !connection_) pool_.leave(*site, *this);
  if (connection_) pool_.release(std::move(connection_), ClientPool::Fate::Cut);
}

void H1ClientExchange::end() {
  phase_ = Phase::Over;
  site_ = nullptr;
  disarm();
  out_.clear();
  if (input_.body().empty()) input_.clear();
  progress_.set();
}

// The request's body.

bool H1ClientExchange::writable() const {
  if (phase_ == Phase::Over || send_failed_) return true;  // and what is written is dropped
  return phase_ == Phase::Active && out_.queued() <= kWriteHighWater;
}

void H1ClientExchange::write(Chunk chunk) {
  const std::size_t size = chunk.bytes().size();
  if (phase_ == Phase::Over || send_failed_ || size == 0) return;
  PEKO_ASSERT(!finished_ || framing_.end != BodyEnd::Chunked, "nothing is written after the end");
  if (framing_.end != BodyEnd::Chunked) {
    // More than was announced would be read as the next request.
    if (size > body_left_) return fail(ClientFault::HttpProtocolError);
    body_left_ -= size;
    finished_ = body_left_ == 0;
  }
  body_begun_ = true;
  if (framing_.end == BodyEnd::Chunked) write_chunk_begin(out_.text(), size);
  out_.push(std::move(chunk), size);
  if (framing_.end == BodyEnd::Chunked) out_.text() += kChunkEnd;
  pump_later();
}

void H1ClientExchange::finish(Fields trailers) {
  if (phase_ == Phase::Over || finished_ || send_failed_) return;
  if (framing_.end != BodyEnd::Chunked) return fail(ClientFault::HttpProtocolError);  // less than was announced
  finished_ = body_begun_ = true;
  write_last_chunk(out_.text(), trailers);
  pump_later();
}

// The response.

const ResponseHead* H1ClientExchange::head() const { return head_done_ ? &parser_->head() : nullptr; }

void H1ClientExchange::consume(std::size_t n) {
  PEKO_ASSERT(n <= input_.body().size(), "what is consumed is at hand");
  input_.consume_body(n);
  body_was_taken();
}

Chunk H1ClientExchange::take_body() {
  Chunk taken = input_.take_body_whole();
  if (!taken.bytes().empty()) body_was_taken();
  return taken;
}

void H1ClientExchange::body_was_taken() {
  if (phase_ == Phase::Over) {
    if (input_.body().empty()) input_.clear();
    return;
  }
  since_ = pool_.loop().now();
  pump_later();
}

BodyState H1ClientExchange::body_state() const {
  if (fault_) return BodyState::Failed;
  return phase_ == Phase::Over ? BodyState::Complete : BodyState::Open;
}

}  // namespace peko::http

#include "http/h1_client_exchange.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "http/client_pool.hpp"
#include "http/h1_request_writer.hpp"
#include "http/h1_writer.hpp"

namespace peko::http {
namespace {

// Of one exchange, before the others of its loop get their turn.
constexpr std::uint8_t kReceivesPerPump = 4;

// Guests set timeouts as they like. Longer than a day is no deadline but an overflow.
net::Duration bounded(std::chrono::nanoseconds timeout) {
  return std::clamp<net::Duration>(timeout, net::Duration::zero(), std::chrono::hours(24));
}

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

}  // namespace

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
  readable_ = connection_->stream().layered();
  since_ = pool_.loop().now();
  progress_.set();  // it is writable
  pump_later();
}

void H1ClientExchange::on_io(std::uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ends_ = true;
  const bool any = connection_->stream().layered();
  if (any || peer_ends_ || (events & EPOLLIN)) readable_ = true;
  if (any || (events & EPOLLOUT)) full_ = false;
  pump();
}

void H1ClientExchange::pump_later() {
  if (!pumping_) pool_.loop().at_round_end(*this);
}

/// Moves on as far as it goes without waiting. Bounded, because a server may be faster than we are.
void H1ClientExchange::pump() {
  if (phase_ != Phase::Active) return;
  pumping_ = true;
  receives_left_ = kReceivesPerPump;
  flush();
  do {
    parse();
  } while (receive());
  pumping_ = false;
  if (phase_ != Phase::Active) return;
  input_.settle(head_done_ ? H1Input::Expected::Body : H1Input::Expected::Head);
  arm_deadline();
}

void H1ClientExchange::flush() {
  if (full_ || out_.empty()) return;
  const bool was_writable = writable();
  since_ = pool_.loop().now();
  switch (out_.send(connection_->stream())) {
    case OutQueue::Sent::All: break;
    case OutQueue::Sent::Partly:
      full_ = true;
      write_since_ = since_;
      untaken_ = net::untaken(connection_->stream().fd());
      break;
    case OutQueue::Sent::Failed:
      // What the server said before it left may be there.
      send_failed_ = readable_ = true;
      out_.clear();
  }
  if (!was_writable && writable()) progress_.set();
}

/// Receives once; false when there is nothing now, no room, or the exchange has ended.
bool H1ClientExchange::receive() {
  if (phase_ != Phase::Active || !readable_) return false;
  if (receives_left_ == 0) {
    pool_.loop().at_round_end(*this);
    return false;
  }
  const std::span<char> room = input_.room(head_done_ ? H1Input::Expected::Body : H1Input::Expected::Head);
  if (room.empty()) return false;
  --receives_left_;
  net::Stream& stream = connection_->stream();
  const net::Io io = stream.receive(room);
  switch (io.kind) {
    case net::Io::Kind::Done:
      received_any_ = true;
      since_ = pool_.loop().now();
      input_.received(io.bytes);
      if (io.bytes < room.size() && !peer_ends_ && !stream.layered()) readable_ = false;
      return true;
    case net::Io::Kind::Again: readable_ = false; return false;
    case net::Io::Kind::End:
      parser_->end();
      if (parser_->state() == H1ResponseParser::State::Complete) {
        peer_ends_ = true;
        complete();
      } else {
        lost(net::LinkFault::Terminated);
      }
      return false;
    case net::Io::Kind::Failed: lost(stream.fault()); return false;
  }
  return false;
}

void H1ClientExchange::parse() {
  bool changed = false;
  while (phase_ == Phase::Active && !input_.raw().empty() && take_step(parser_->feed(input_.raw()))) changed = true;
  if (changed) progress_.set();
}

/// False when it needs more bytes.
bool H1ClientExchange::take_step(const ParseStep& step) {
  if (step.event == ParseEvent::BodyData) {
    input_.take_body(step.body, step.consumed);
  } else {
    input_.drop(step.consumed);
  }
  if (step.event == ParseEvent::HeadDone) {
    head_done_ = true;
    input_.begin_body();
  }
  if (step.event == ParseEvent::Rejected) {
    fail(step.rejection == Rejection::HeadersTooLarge ? ClientFault::HttpResponseHeaderSectionSize
                                                      : ClientFault::HttpProtocolError);
  } else if (parser_->state() == H1ResponseParser::State::Complete) {
    complete();
  }
  return step.event != ParseEvent::NeedMore;
}

/// The response is. The connection serves another request if both sides know where this one ended and nothing is left.
void H1ClientExchange::complete() {
  bool keep = parser_->keep_alive() && request_sent() && !send_failed_ && !peer_ends_ && input_.raw().empty();
  if (keep && readable_) keep = connection_->is_quiet();
  end();
  pool_.release(std::move(connection_), keep ? ClientPool::Fate::Keep : ClientPool::Fate::Close);
}

/// The connection is, before the response was complete.
void H1ClientExchange::lost(net::LinkFault fault) {
  if (may_retry()) return retry();
  fail(received_any_ ? ClientFault::HttpResponseIncomplete : fault_of(fault));
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

void H1ClientExchange::finish() {
  if (phase_ == Phase::Over || finished_) return;
  if (framing_.end != BodyEnd::Chunked) return fail(ClientFault::HttpProtocolError);  // less than was announced
  finished_ = body_begun_ = true;
  if (!send_failed_) write_last_chunk(out_.text(), {});
  pump_later();
}

// The response.

const ResponseHead* H1ClientExchange::head() const { return head_done_ ? &parser_->head() : nullptr; }

void H1ClientExchange::consume(std::size_t n) {
  PEKO_ASSERT(n <= input_.body().size(), "what is consumed is at hand");
  input_.consume_body(n);
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

// Deadlines: only what the server, not the caller, lets us wait for.

void H1ClientExchange::arm_deadline() {
  net::TimePoint at = net::TimePoint::max();
  if (phase_ == Phase::Waiting) {
    at = since_ + connect_timeout_;
  } else {
    if (full_) at = write_since_ + between_bytes_timeout_;
    if (head_done_) {
      if (input_.body().empty()) at = std::min(at, since_ + between_bytes_timeout_);
    } else if (request_sent() || send_failed_) {
      at = std::min(at, since_ + first_byte_timeout_);
    }
  }
  if (at == net::TimePoint::max()) {
    disarm();
  } else {
    arm(pool_.loop().deadlines(), at);
  }
}

void H1ClientExchange::expired() {
  const net::TimePoint now = pool_.loop().now();
  if (phase_ == Phase::Waiting) return fail(ClientFault::ConnectionTimeout);
  if (full_ && now - write_since_ >= between_bytes_timeout_) {
    // A slow server may take bytes for long before the kernel calls the socket writable again.
    const std::size_t untaken = net::untaken(connection_->stream().fd());
    if (untaken >= untaken_) return fail(ClientFault::ConnectionWriteTimeout);
    untaken_ = untaken;
    write_since_ = now;
  }
  if (head_done_) {
    if (input_.body().empty() && now - since_ >= between_bytes_timeout_) {
      return fail(ClientFault::ConnectionReadTimeout);
    }
  } else if ((request_sent() || send_failed_) && now - since_ >= first_byte_timeout_) {
    return fail(ClientFault::HttpResponseTimeout);
  }
  arm_deadline();
}

}  // namespace peko::http

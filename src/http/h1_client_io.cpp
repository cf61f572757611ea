// The methods of H1ClientExchange between the connection and its parser, and its deadlines.
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "http/client_pool.hpp"
#include "http/h1_client_exchange.hpp"

namespace peko::http {
namespace {

// Of one exchange, before the others of its loop get their turn.
constexpr std::uint8_t kReceivesPerPump = 4;

}  // namespace

void H1ClientExchange::on_io(std::uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ends_ = true;
  const bool any = connection_->stream().layered();
  if (any || peer_ends_ || (events & EPOLLIN)) readable_ = true;
  if (any || (events & EPOLLOUT)) full_ = false;
  pump();
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
      // A head is waited for as a whole, however slowly its bytes come.
      if (head_done_) since_ = pool_.loop().now();
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
    since_ = pool_.loop().now();
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
  PEKO_ASSERT(connection_, "an active exchange has a connection");
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

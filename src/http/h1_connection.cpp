#include "http/h1_connection.hpp"

#include <sys/epoll.h>

#include <algorithm>

#include "base/assert.hpp"
#include "net/socket.hpp"

namespace peko::http {
namespace {

// Of one connection, before the others of its loop get their turn.
constexpr std::uint8_t kRequestsPerPump = 64;
constexpr std::uint8_t kReceivesPerPump = 4;
constexpr std::size_t kDiscardPerCall = std::size_t{1024} * 1024;

}  // namespace

H1Connection::H1Connection(H1Host& host, UniqueFd socket, const net::Address& peer)
    : host_(host),
      socket_(std::move(socket)),
      parser_(host.limits),
      input_(host.loop.buffers()),
      out_(host.stores),
      read_since_(host.loop.now()),
      peer_(peer) {}

H1Connection::~H1Connection() {
  PEKO_ASSERT(!live_, "the handler has finished or aborted the exchange");
  if (socket_) host_.loop.unwatch(socket_.get(), *this);
}

Status H1Connection::start() {
  arm_deadline();
  return host_.loop.watch(socket_.get(), *this);
}

void H1Connection::drain() {
  if (pumping_ || phase_ != Phase::Head) return;
  readable_ = true;  // a request may be there that epoll has not told of
  pump();
  if (phase_ == Phase::Head && input_.raw().empty()) {
    phase_ = Phase::Closing;
    pump();
  }
}

void H1Connection::kill() {
  if (phase_ != Phase::Closed) close(How::Reset);
}

void H1Connection::on_io(std::uint32_t events) {
  // Both directions are over: a reset, or the client's end after ours.
  if (events & (EPOLLERR | EPOLLHUP)) return close(lingering_ ? How::Orderly : How::Reset);
  if (events & (EPOLLIN | EPOLLRDHUP)) readable_ = true;
  if (events & EPOLLRDHUP) peer_ends_ = true;
  if (events & EPOLLOUT) full_ = false;
  advance();
  if (phase_ != Phase::Closed) host_.loop.at_round_end(*this);
}

/// Receives and handles as far as it goes without waiting. Bounded, because a client may be faster than we are.
void H1Connection::advance() {
  pumping_ = true;
  requests_left_ = kRequestsPerPump;
  receives_left_ = kReceivesPerPump;
  stalled_ = false;
  while (step()) {
  }
  pumping_ = false;
}

/// Moves on as far as it goes without waiting, then sends. Bounded, because a client may be faster than we are.
void H1Connection::pump() {
  if (phase_ == Phase::Closed) return;
  pumping_ = true;
  requests_left_ = kRequestsPerPump;
  receives_left_ = kReceivesPerPump;
  for (;;) {
    stalled_ = false;
    while (step()) {
    }
    flush();
    if (!stalled_ || !writable()) break;
    read_since_ = host_.loop.now();
  }
  if (phase_ == Phase::Closing && out_.empty()) linger();
  pumping_ = false;
  if (phase_ == Phase::Closed) return;
  input_.settle(phase_ == Phase::Head ? H1Input::Expected::Head : H1Input::Expected::Body);
  arm_deadline();
}

void H1Connection::pump_later() {
  if (!pumping_) host_.loop.at_round_end(*this);
}

bool H1Connection::step() {
  switch (phase_) {
    case Phase::Head: return step_head();
    case Phase::Answering: return step_body();
    case Phase::Discarding: return step_discard();
    case Phase::Closing:
    case Phase::Closed: return false;
  }
  return false;
}

bool H1Connection::step_head() {
  if (!input_.raw().empty()) {
    // A client that sends requests and reads no responses waits, and with it its memory.
    stalled_ = !writable();
    if (stalled_) return false;
    if (requests_left_ == 0) {
      host_.loop.at_round_end(*this);
      return false;
    }
    const ParseStep parsed = parser_.feed(input_.raw());
    input_.drop(parsed.consumed);
    if (parsed.event == ParseEvent::HeadDone) {
      --requests_left_;
      begin_exchange();
      return true;
    }
    if (parsed.event == ParseEvent::Rejected) {
      refuse(parsed.rejection, parsed.detail);
      return true;
    }
  }
  const bool begins = input_.raw().empty();
  if (!receive()) return false;
  if (begins) read_since_ = host_.loop.now();
  if (ended_) phase_ = Phase::Closing;
  return true;
}

bool H1Connection::step_discard() {
  while (parser_.state() == H1Parser::State::Body && !input_.raw().empty()) {
    const ParseStep parsed = parser_.feed(input_.raw());
    input_.drop(parsed.consumed);
    if (parsed.event == ParseEvent::NeedMore) break;
    if (parsed.event == ParseEvent::Rejected || parsed.body.size() > discard_left_) {
      phase_ = Phase::Closing;
      return true;
    }
    discard_left_ -= parsed.body.size();
  }
  if (parser_.state() == H1Parser::State::Complete) {
    next_request();
    return true;
  }
  if (!receive()) return false;
  if (ended_) phase_ = Phase::Closing;
  return true;
}

H1Input::Expected H1Connection::expected() const {
  using net::BufferPool;
  if (phase_ == Phase::Head || phase_ == Phase::Discarding) return H1Input::Expected::Head;
  if (!request_length_) return H1Input::Expected::Body;
  const std::uint64_t left = *request_length_ - bytes_in_;
  return left <= BufferPool::kSmallBytes   ? H1Input::Expected::Head
         : left <= BufferPool::kLargeBytes ? H1Input::Expected::Body
                                           : H1Input::Expected::LongBody;
}

/// Receives once; false when there is nothing now, or no room. May close.
bool H1Connection::receive() {
  if (!readable_) return false;
  if (receives_left_ == 0) {
    host_.loop.at_round_end(*this);
    return false;
  }
  const std::span<char> room = input_.room(expected());
  if (room.empty()) return false;
  --receives_left_;
  const net::Io io = net::receive(socket_.get(), room);
  switch (io.kind) {
    case net::Io::Kind::Done:
      input_.received(io.bytes);
      // A short count means that the kernel has no more; if the end is there too, its event came already and will not
      // come again.
      if (io.bytes < room.size() && !peer_ends_) readable_ = false;
      return true;
    case net::Io::Kind::Again: readable_ = false; return false;
    case net::Io::Kind::End:
      readable_ = false;
      ended_ = true;
      return true;
    case net::Io::Kind::Failed: close(How::Reset); return false;
  }
  return false;
}

void H1Connection::begin_exchange() {
  const RequestHead& head = parser_.head();
  phase_ = Phase::Answering;
  live_ = true;
  persists_ = parser_.keep_alive();
  is_head_request_ = head.method == "HEAD";
  version_ = head.version;
  request_length_ = head.body_length;
  continue_due_ = parser_.expects_continue();
  body_accepted_ = body_failed_ = body_too_large_ = head_sent_ = overlong_ = false;
  bytes_in_ = bytes_out_ = 0;
  input_.begin_body();
  host_.handler.handle(*this);
}

void H1Connection::end_exchange() {
  live_ = false;
  event_ = nullptr;
  input_.begin_body();
}

void H1Connection::begin_discard() {
  phase_ = Phase::Discarding;
  discard_left_ = host_.limits.discard_bytes_max;
  read_since_ = host_.loop.now();
}

void H1Connection::next_request() {
  parser_.reset();
  phase_ = Phase::Head;
  read_since_ = host_.loop.now();
}

void H1Connection::refuse(Rejection rejection, std::string_view detail) {
  const RejectionResponse response = host_.handler.reject(rejection, detail);
  if (phase_ == Phase::Closed) return;  // the handler closed the server
  const Framing framing = decide_framing("GET", Version::Http11, response.status, response.body.size());
  host_.invalid_fields += write_head(out_.text(), {response.status, response.fields},
                                     {Version::Http11, framing, Persistence::Close, host_.date.text(host_.loop.now())});
  if (framing.end == BodyEnd::Length) out_.text() += response.body;
  phase_ = Phase::Closing;
}

void H1Connection::flush() {
  if (phase_ == Phase::Closed || full_ || out_.empty()) return;
  const bool was_writable = writable();
  ++host_.sends;
  switch (out_.send(socket_.get())) {
    case OutQueue::Sent::All: break;
    case OutQueue::Sent::Partly:
      full_ = true;
      write_since_ = host_.loop.now();
      untaken_ = net::untaken(socket_.get());
      break;
    case OutQueue::Sent::Failed: return close(How::Reset);
  }
  if (!was_writable && writable()) wake_handler();
}

/// All has been sent. Closes at once when the client has nothing under way, else tells it that this is the end and
/// waits for its end.
void H1Connection::linger() {
  const bool request_complete =
      parser_.state() == H1Parser::State::Complete || parser_.state() == H1Parser::State::Head;
  if (ended_ || (request_complete && input_.raw().empty() && !readable_)) return close(How::Orderly);
  if (!lingering_) {
    lingering_ = true;
    read_since_ = host_.loop.now();
    net::shut_down_sending(socket_.get());
    input_.clear();
  }
  while (readable_ && linger_left_ > 0) {
    if (receives_left_ == 0) return host_.loop.at_round_end(*this);
    --receives_left_;
    const std::size_t most = std::min(linger_left_, kDiscardPerCall);
    const net::Io io = net::discard(socket_.get(), most);
    if (io.kind == net::Io::Kind::End || io.kind == net::Io::Kind::Failed) return close(How::Orderly);
    if (io.kind == net::Io::Kind::Again || (io.bytes < most && !peer_ends_)) readable_ = false;
    linger_left_ -= io.bytes;
  }
  if (peer_ends_ && linger_left_ == 0) close(How::Orderly);
}

void H1Connection::arm_deadline() {
  const Limits& limits = host_.limits;
  net::TimePoint at = full_ ? write_since_ + limits.write_timeout : net::TimePoint::max();
  switch (phase_) {
    case Phase::Head:
      if (!stalled_)
        at = std::min(at, read_since_ + (input_.raw().empty() ? limits.idle_timeout : limits.head_timeout));
      break;
    case Phase::Answering:
      if (waits_for_body()) at = std::min(at, read_since_ + limits.body_timeout);
      break;
    case Phase::Discarding: at = std::min(at, read_since_ + limits.body_timeout); break;
    case Phase::Closing:
      if (lingering_) at = std::min<net::TimePoint>(at, read_since_ + kLingerTime);
      break;
    case Phase::Closed: break;
  }
  if (at == net::TimePoint::max()) {
    disarm();
  } else {
    arm(host_.loop.deadlines(), at);
  }
}

void H1Connection::expired() {
  const Limits& limits = host_.limits;
  const net::Duration read_wait = host_.loop.now() - read_since_;
  if (full_ && host_.loop.now() - write_since_ >= limits.write_timeout) {
    // A slow reader may take bytes for long before the kernel calls the socket writable again.
    const std::size_t untaken = net::untaken(socket_.get());
    if (untaken >= untaken_) return close(How::Reset);
    untaken_ = untaken;
    write_since_ = host_.loop.now();
  }
  switch (phase_) {
    case Phase::Head:
      if (stalled_) {
        break;
      } else if (input_.raw().empty()) {
        if (read_wait >= limits.idle_timeout) phase_ = Phase::Closing;
      } else if (read_wait >= limits.head_timeout) {
        refuse(Rejection::HeadTimeout, "the head of the request did not arrive in time");
      }
      break;
    case Phase::Answering:
      if (waits_for_body() && read_wait >= limits.body_timeout) fail_body();
      break;
    case Phase::Discarding:
      if (read_wait >= limits.body_timeout) phase_ = Phase::Closing;
      break;
    case Phase::Closing:
      if (lingering_ && read_wait >= kLingerTime) return close(How::Orderly);
      break;
    case Phase::Closed: return;
  }
  pump();
}

void H1Connection::close(How how) {
  host_.loop.unwatch(socket_.get(), *this);
  if (how == How::Reset) {
    net::reset(std::move(socket_));
  } else {
    socket_.close();
  }
  phase_ = Phase::Closed;
  full_ = false;
  disarm();
  out_.clear();
  if (!live_) {
    input_.clear();
    host_.ended(*this);
    return;
  }
  if (parser_.state() != H1Parser::State::Complete) body_failed_ = true;
  wake_handler();
}

}  // namespace peko::http

// The methods of H1Connection that the handler calls, and the request's body.
#include <algorithm>

#include "base/assert.hpp"
#include "http/h1_connection.hpp"

namespace peko::http {
namespace {

// More is sent at once and not at the end of the round, while it is in the CPU's cache.
constexpr std::size_t kSendEarly = std::size_t{240} * 1024;

}  // namespace

std::string_view H1Connection::peer() const {
  if (peer_size_ == 0) peer_size_ = static_cast<std::uint8_t>(peer_.write_text(peer_text_));
  return {peer_text_.data(), peer_size_};
}

void H1Connection::wake_handler() {
  if (event_) event_->set();
}

// The request's body.

void H1Connection::accept_body(std::uint64_t bytes_max) {
  PEKO_ASSERT(live_ && !body_accepted_, "the body of a live exchange is accepted once");
  body_accepted_ = true;
  body_bytes_max_ = bytes_max;
  if (gone() || parser_.state() == H1Parser::State::Complete) return;
  read_since_ = host_.loop.now();
  if (request_length_.value_or(0) > bytes_max) {
    body_too_large_ = true;
    return fail_body();
  }
  parse_body();
  if (continue_due_) {
    continue_due_ = false;
    // Not needed once the body comes or the response has begun (RFC 9110, 10.1.1).
    if (!head_sent_ && bytes_in_ == 0 && body_state() == BodyState::Open) out_.text() += kContinue;
  }
  pump_later();
}

void H1Connection::consume(std::size_t n) {
  PEKO_ASSERT(live_ && n <= input_.body().size(), "what is consumed is at hand");
  input_.consume_body(n);
  body_was_taken();
}

Chunk H1Connection::take_body() {
  PEKO_ASSERT(live_, "the body of a live exchange is taken");
  Chunk taken = input_.take_body_whole();
  if (!taken.bytes().empty()) body_was_taken();
  return taken;
}

void H1Connection::body_was_taken() {
  if (body_state() != BodyState::Open) return;
  read_since_ = host_.loop.now();
  parse_body();
  pump_later();
}

BodyState H1Connection::body_state() const {
  if (body_failed_) return BodyState::Failed;
  return parser_.state() == H1Parser::State::Complete ? BodyState::Complete : BodyState::Open;
}

bool H1Connection::waits_for_body() const {
  return live_ && body_accepted_ && body_state() == BodyState::Open && input_.body().empty();
}

bool H1Connection::step_body() {
  if (!body_accepted_ || body_state() != BodyState::Open) return false;
  if (parse_body()) return true;
  if (!receive()) return false;
  read_since_ = host_.loop.now();
  if (ended_) fail_body();
  return true;
}

/// Parses what has been received; returns whether the handler has something to look at.
bool H1Connection::parse_body() {
  bool changed = false;
  while (body_state() == BodyState::Open && !input_.raw().empty()) {
    const ParseStep parsed = parser_.feed(input_.raw());
    if (parsed.event == ParseEvent::BodyData) {
      bytes_in_ += parsed.body.size();
      input_.take_body(parsed.body, parsed.consumed);
      body_too_large_ = bytes_in_ > body_bytes_max_;
      if (body_too_large_) fail_body();
      changed = true;
      continue;
    }
    input_.drop(parsed.consumed);
    if (parsed.event == ParseEvent::NeedMore) break;
    if (parsed.event == ParseEvent::Rejected) fail_body();
    changed = true;
  }
  if (changed) wake_handler();
  return changed;
}

void H1Connection::fail_body() {
  body_failed_ = true;
  persists_ = false;
  wake_handler();
}

/// Whether the next request can be found behind this one's body.
bool H1Connection::body_will_be_read() const {
  if (body_state() != BodyState::Open || body_accepted_) return !body_failed_;
  return !continue_due_ && request_length_.value_or(0) <= host_.limits.discard_bytes_max;
}

// The response.

void H1Connection::send_head(const ResponseHead& head) {
  PEKO_ASSERT(live_ && !head_sent_, "the head of a live exchange is sent once");
  head_sent_ = true;
  if (gone()) return;
  const unsigned status = final_status(head.status);
  framing_ = decide_framing(is_head_request_ ? "HEAD" : "GET", version_, status, declared_length(head.fields));
  body_left_ = framing_.content_length.value_or(0);
  if (framing_.end == BodyEnd::UntilClose || host_.draining || !body_will_be_read()) persists_ = false;
  host_.invalid_fields += write_head(out_.text(), head,
                                     {.version = version_,
                                      .framing = framing_,
                                      .persistence = persists_ ? Persistence::KeepAlive : Persistence::Close,
                                      .date = host_.date.text(host_.loop.now())});
  pump_later();
}

void H1Connection::write(Chunk chunk) {
  PEKO_ASSERT(live_ && head_sent_, "the body of a live exchange follows its head");
  std::uint64_t size = chunk.bytes().size();
  if (gone() || size == 0 || framing_.end == BodyEnd::None) return;
  if (framing_.end == BodyEnd::Length) {
    overlong_ = overlong_ || size > body_left_;
    size = std::min(size, body_left_);
    if (size == 0) return;
    body_left_ -= size;
  }
  if (framing_.end == BodyEnd::Chunked) write_chunk_begin(out_.text(), size);
  out_.push(std::move(chunk), size);
  if (framing_.end == BodyEnd::Chunked) out_.text() += kChunkEnd;
  bytes_out_ += size;
  if (out_.queued() > kSendEarly) flush();
  pump_later();
}

bool H1Connection::finish(Fields trailers) {
  PEKO_ASSERT(live_, "an exchange is finished or aborted once");
  if (gone()) {
    abort();
    return false;
  }
  PEKO_ASSERT(head_sent_, "a response has a head");
  if (framing_.end == BodyEnd::Length && body_left_ > 0) {
    abort();
    return false;
  }
  if (framing_.end == BodyEnd::Chunked) host_.invalid_fields += write_last_chunk(out_.text(), trailers);
  end_exchange();
  if (!persists_ || host_.draining) {
    phase_ = Phase::Closing;
  } else if (parser_.state() == H1Parser::State::Complete) {
    next_request();
  } else {
    begin_discard();
  }
  pump_later();
  return !overlong_;
}

void H1Connection::abort() {
  PEKO_ASSERT(live_, "an exchange is finished or aborted once");
  end_exchange();
  if (gone()) {
    input_.clear();
    host_.ended(*this);
    return;
  }
  // What the handler has written goes out first; the reset behind it tells that it is not all.
  flush();
  if (!gone()) close(How::Reset);
}

}  // namespace peko::http

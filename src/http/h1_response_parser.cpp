#include "http/h1_response_parser.hpp"

namespace peko::http {

ParseStep H1ResponseParser::feed(std::span<char> input) {
  switch (state_) {
    case State::Head: return feed_head(input);
    case State::Complete: return {.event = ParseEvent::BodyDone};
    case State::Rejected: return reject(0, refusal_);
    case State::Body: break;
  }
  const ParseStep step = body_.feed({input.data(), input.size()});
  if (step.event == ParseEvent::Rejected) return reject(step.consumed, {step.rejection, step.detail});
  if (body_.done()) state_ = State::Complete;
  return step;
}

ParseStep H1ResponseParser::feed_head(std::span<char> input) {
  std::size_t consumed = 0;
  for (;;) {
    const std::string_view rest(input.data() + consumed, input.size() - consumed);
    const HeadScanner::Verdict verdict = scanner_.scan(rest, limits_);
    if (verdict.outcome == HeadScanner::Outcome::NeedMore) return {.consumed = consumed};
    if (verdict.outcome == HeadScanner::Outcome::Refused) return reject(consumed, verdict.refusal);
    consumed += verdict.head_bytes;
    head_text_.assign(rest.substr(0, verdict.head_bytes));
    if (const auto refusal = read_response_head(head_text_, method_, facts_, fields_))
      return reject(consumed, *refusal);
    if (facts_.status >= 200) break;
    if (facts_.status == 101) return reject(consumed, {Rejection::BadRequest, "a change of protocol nobody asked for"});
    if (++interim_count_ > kInterimMax) return reject(consumed, {Rejection::BadRequest, "too many interim responses"});
    scanner_.reset();
  }
  head_ = {.status = facts_.status, .fields = fields_};
  body_.begin(facts_.framing, limits_);
  state_ = body_.done() ? State::Complete : State::Body;
  return {.event = ParseEvent::HeadDone, .consumed = consumed};
}

void H1ResponseParser::end() {
  if (state_ == State::Body && facts_.framing.end == BodyEnd::UntilClose) {
    body_.end();
    state_ = State::Complete;
  }
}

ParseStep H1ResponseParser::reject(std::size_t consumed, Refusal refusal) {
  state_ = State::Rejected;
  refusal_ = refusal;
  return {
      .event = ParseEvent::Rejected, .consumed = consumed, .rejection = refusal.rejection, .detail = refusal.detail};
}

}  // namespace peko::http

#include "http/h1_parser.hpp"

#include <string_view>

namespace peko::http {
namespace {

std::string_view view(std::span<char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

ParseStep H1Parser::feed(std::span<char> input) {
  switch (state_) {
    case State::Head: return feed_head(input);
    case State::Body: return feed_body(input);
    case State::Complete: return {.event = ParseEvent::BodyDone};
    case State::Rejected: break;
  }
  return reject(0, refusal_);
}

void H1Parser::reset() {
  state_ = State::Head;
  blank_lines_ = 0;
  scanner_.reset();
  body_.reset();
}

ParseStep H1Parser::feed_head(std::span<char> input) {
  std::size_t skipped = 0;
  while (!scanner_.started() && view(input).substr(skipped).starts_with("\r\n")) {
    if (++blank_lines_ > kBlankLinesMax)
      return reject(skipped, {Rejection::BadRequest, "too many empty lines before the request"});
    skipped += 2;
  }
  const std::span<char> rest = input.subspan(skipped);
  // A carriage return may be the first half of another empty line.
  if (view(rest) == "\r") return {.consumed = skipped};
  const HeadScanner::Verdict verdict = scanner_.scan(view(rest), limits_);
  if (verdict.outcome == HeadScanner::Outcome::NeedMore) return {.consumed = skipped};
  if (verdict.outcome == HeadScanner::Outcome::Refused) return reject(skipped, verdict.refusal);
  if (const auto refusal = read_head(rest.first(verdict.head_bytes), head_, fields_, facts_))
    return reject(skipped, *refusal);
  return begin_body(skipped + verdict.head_bytes);
}

ParseStep H1Parser::begin_body(std::size_t consumed) {
  body_.begin({.end = facts_.chunked ? BodyEnd::Chunked : BodyEnd::Length, .content_length = head_.body_length},
              limits_);
  state_ = body_.done() ? State::Complete : State::Body;
  return {.event = ParseEvent::HeadDone, .consumed = consumed};
}

ParseStep H1Parser::feed_body(std::span<char> input) {
  const ParseStep step = body_.feed(view(input));
  if (step.event == ParseEvent::Rejected) return reject(step.consumed, {step.rejection, step.detail});
  if (body_.done()) state_ = State::Complete;
  return step;
}

ParseStep H1Parser::reject(std::size_t consumed, Refusal refusal) {
  state_ = State::Rejected;
  refusal_ = refusal;
  return {
      .event = ParseEvent::Rejected, .consumed = consumed, .rejection = refusal.rejection, .detail = refusal.detail};
}

}  // namespace peko::http

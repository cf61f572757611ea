#include "http/h1_parser.hpp"

#include <algorithm>

namespace peko::http {
namespace {

std::string_view view(std::span<char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

ParseStep H1Parser::feed(std::span<char> input) {
  switch (state_) {
    case State::Head: return feed_head(input);
    case State::Body: return facts_.chunked ? feed_chunked_body(input) : feed_sized_body(input);
    case State::Complete: return {.event = ParseEvent::BodyDone};
    case State::Rejected: break;
  }
  return reject(0, refusal_);
}

void H1Parser::reset() {
  state_ = State::Head;
  blank_lines_ = 0;
  scanner_.reset();
  trailers_.clear();
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
  body_left_ = head_.body_length.value_or(0);
  if (facts_.chunked) chunks_.reset(limits_.head_bytes_max, limits_.field_count_max);
  state_ = facts_.chunked || body_left_ > 0 ? State::Body : State::Complete;
  return {.event = ParseEvent::HeadDone, .consumed = consumed};
}

ParseStep H1Parser::feed_sized_body(std::span<char> input) {
  if (input.empty()) return {};
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, input.size()));
  body_left_ -= n;
  if (body_left_ == 0) state_ = State::Complete;
  return {.event = ParseEvent::BodyData, .consumed = n, .body = view(input.first(n))};
}

ParseStep H1Parser::feed_chunked_body(std::span<char> input) {
  const ChunkDecoder::Step step = chunks_.feed(view(input));
  switch (step.event) {
    case ChunkDecoder::Event::NeedMore: return {.consumed = step.consumed};
    case ChunkDecoder::Event::Data:
      return {.event = ParseEvent::BodyData, .consumed = step.consumed, .body = step.data};
    case ChunkDecoder::Event::Malformed: return reject(step.consumed, {Rejection::BadRequest, step.detail});
    case ChunkDecoder::Event::TrailersTooLarge: return reject(step.consumed, {Rejection::HeadersTooLarge, step.detail});
    case ChunkDecoder::Event::Done: break;
  }
  if (const auto refusal = read_trailers(chunks_.trailer_text(), trailers_)) return reject(step.consumed, *refusal);
  state_ = State::Complete;
  return {.event = ParseEvent::BodyDone, .consumed = step.consumed};
}

ParseStep H1Parser::reject(std::size_t consumed, Refusal refusal) {
  state_ = State::Rejected;
  refusal_ = refusal;
  return {
      .event = ParseEvent::Rejected, .consumed = consumed, .rejection = refusal.rejection, .detail = refusal.detail};
}

}  // namespace peko::http

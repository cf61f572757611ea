#include "http/body_parser.hpp"

#include <algorithm>

namespace peko::http {
namespace {

ParseStep rejected(std::size_t consumed, Refusal refusal) {
  return {
      .event = ParseEvent::Rejected, .consumed = consumed, .rejection = refusal.rejection, .detail = refusal.detail};
}

}  // namespace

void BodyParser::begin(const Framing& framing, const Limits& limits) {
  end_ = framing.end;
  left_ = framing.content_length.value_or(0);
  done_ = end_ == BodyEnd::None || (end_ == BodyEnd::Length && left_ == 0);
  if (end_ == BodyEnd::Chunked) chunks_.reset(limits.head_bytes_max, limits.field_count_max);
}

ParseStep BodyParser::feed(std::string_view input) {
  if (end_ == BodyEnd::Chunked) return feed_chunked(input);
  if (input.empty()) return {};
  std::size_t n = input.size();
  if (end_ == BodyEnd::Length) {
    n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, n));
    left_ -= n;
    done_ = left_ == 0;
  }
  return {.event = ParseEvent::BodyData, .consumed = n, .body = input.substr(0, n)};
}

ParseStep BodyParser::feed_chunked(std::string_view input) {
  const ChunkDecoder::Step step = chunks_.feed(input);
  switch (step.event) {
    case ChunkDecoder::Event::NeedMore: return {.consumed = step.consumed};
    case ChunkDecoder::Event::Data:
      return {.event = ParseEvent::BodyData, .consumed = step.consumed, .body = step.data};
    case ChunkDecoder::Event::Malformed: return rejected(step.consumed, {Rejection::BadRequest, step.detail});
    case ChunkDecoder::Event::TrailersTooLarge:
      return rejected(step.consumed, {Rejection::HeadersTooLarge, step.detail});
    case ChunkDecoder::Event::Done: break;
  }
  if (const auto refusal = read_trailers(chunks_.trailer_text(), trailers_)) return rejected(step.consumed, *refusal);
  done_ = true;
  return {.event = ParseEvent::BodyDone, .consumed = step.consumed};
}

}  // namespace peko::http

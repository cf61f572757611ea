#include "http/chunk_decoder.hpp"

#include <algorithm>

#include "http/grammar.hpp"

namespace peko::http {
namespace {

constexpr std::size_t kSizeDigitsMax = 16;     // of 64 bits: more cannot be told from an overflow
constexpr std::size_t kTrailerKeepMax = 4096;  // bytes of storage worth keeping for the next request

/// The value of a hexadecimal digit, or -1.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void ChunkDecoder::reset(std::size_t trailer_bytes_max, std::size_t trailer_count_max) {
  state_ = State::Size;
  left_ = 0;
  digits_ = 0;
  line_bytes_ = 0;
  extension_bytes_ = 0;
  trailer_bytes_max_ = trailer_bytes_max;
  trailer_count_max_ = trailer_count_max;
  trailer_count_ = 0;
  if (trailer_text_.capacity() > kTrailerKeepMax) trailer_text_ = {};
  trailer_text_.clear();
}

ChunkDecoder::Step ChunkDecoder::feed(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size()) {
    Step step;
    if (state_ == State::Data) {
      step = take_data(input.substr(at));
    } else if (state_ == State::Trailers) {
      step = take_trailer_line(input.substr(at));
    } else if (state_ == State::Done) {
      step.event = Event::Done;
    } else {
      step = take_framing_byte(input[at]);
    }
    at += step.consumed;
    if (step.event != Event::NeedMore) {
      step.consumed = at;
      return step;
    }
  }
  return {state_ == State::Done ? Event::Done : Event::NeedMore, at, {}, {}};
}

ChunkDecoder::Step ChunkDecoder::take_data(std::string_view input) {
  const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  left_ -= n;
  if (left_ == 0) state_ = State::DataCr;
  return {Event::Data, n, input.substr(0, n), {}};
}

ChunkDecoder::Step ChunkDecoder::take_framing_byte(char c) {
  constexpr Step kOne{Event::NeedMore, 1, {}, {}};
  const auto malformed = [](std::string_view detail) { return Step{Event::Malformed, 0, {}, detail}; };
  switch (state_) {
    case State::DataCr:
      if (c != '\r') return malformed("chunk data without its line end");
      state_ = State::DataLf;
      return kOne;
    case State::DataLf:
      if (c != '\n') return malformed("chunk data without its line end");
      begin_size_line();
      return kOne;
    case State::SizeLf:
      if (c != '\n') return malformed("carriage return without line feed in a chunk size");
      line_bytes_ = 0;
      state_ = left_ > 0 ? State::Data : State::Trailers;
      return kOne;
    case State::Extension:
      if (c != '\r') {
        if (!is(kValueChar, c)) return malformed("illegal character in a chunk extension");
        if (++line_bytes_ > kExtensionMax || ++extension_bytes_ > kExtensionsMax)
          return malformed("chunk extensions are too long");
        return kOne;
      }
      break;
    default: break;
  }
  // In a size, or at the end of an extension.
  if (const int digit = state_ == State::Size ? hex_value(c) : -1; digit >= 0) {
    if (++digits_ > kSizeDigitsMax) return malformed("chunk size too large");
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return kOne;
  }
  if (digits_ == 0 || (c != '\r' && c != ';')) return malformed("malformed chunk size");
  state_ = c == '\r' ? State::SizeLf : State::Extension;
  return kOne;
}

void ChunkDecoder::begin_size_line() {
  state_ = State::Size;
  left_ = 0;
  digits_ = 0;
  line_bytes_ = 0;
}

ChunkDecoder::Step ChunkDecoder::take_trailer_line(std::string_view input) {
  const std::size_t line_feed = input.find('\n');
  const std::size_t n = std::min(line_feed, input.size() - 1) + 1;
  if (n > trailer_bytes_max_ - trailer_text_.size())
    return {Event::TrailersTooLarge, 0, {}, "the trailers have too many bytes"};
  trailer_text_.append(input.substr(0, n));
  line_bytes_ += n;
  if (line_feed == std::string_view::npos) return {Event::NeedMore, n, {}, {}};

  const std::string_view line = std::string_view(trailer_text_).substr(trailer_text_.size() - line_bytes_);
  line_bytes_ = 0;
  if (!line.ends_with("\r\n")) return {Event::Malformed, 0, {}, "line feed without carriage return"};
  if (line.size() == 2) {
    trailer_text_.resize(trailer_text_.size() - 2);
    state_ = State::Done;
    return {Event::Done, n, {}, {}};
  }
  if (is_blank(line.front())) return {Event::Malformed, 0, {}, "a trailer is folded over several lines"};
  if (++trailer_count_ > trailer_count_max_) return {Event::TrailersTooLarge, 0, {}, "too many trailers"};
  return {Event::NeedMore, n, {}, {}};
}

}  // namespace peko::http

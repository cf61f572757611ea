/// BodyParser: the body of one message of HTTP/1, whoever sends it. No I/O in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "http/chunk_decoder.hpp"
#include "http/framing.hpp"
#include "http/head_reader.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

namespace peko::http {

enum class ParseEvent : std::uint8_t {
  NeedMore,  ///< feed again with the bytes that were not consumed and at least one more
  HeadDone,  ///< the parser's head is set; its state says whether a body follows
  BodyData,  ///< `body` is a piece of the body
  BodyDone,  ///< the message is complete, trailers are set; reset before the next one
  Rejected,  ///< `rejection` and `detail` say why; for good, the connection has no future
};

/// What one call of feed() found.
struct ParseStep {
  ParseEvent event = ParseEvent::NeedMore;
  std::size_t consumed = 0;  ///< bytes that the caller drops before it feeds again, whatever the event
  std::string_view body;     ///< a view into the input; may be dropped with `consumed` once it has been used
  Rejection rejection = Rejection::BadRequest;
  std::string_view detail;  ///< static text
};

/// Part of a parser of messages, which asks done() after begin() and after each step.
class BodyParser {
 public:
  /// A message's head has been read; its body ends as `framing` says. The limits bound the trailers.
  void begin(const Framing& framing, const Limits& limits);
  /// BodyData, BodyDone, Rejected or NeedMore. Not to be called once done() or rejected.
  ParseStep feed(std::string_view input);
  /// Of a body that ends with the connection: it has.
  void end() { done_ = true; }

  [[nodiscard]] bool done() const { return done_; }
  /// Once done; valid until begin(). Those that RFC 9110 (6.5.1) forbids are left out.
  [[nodiscard]] Fields trailers() const { return trailers_; }
  /// Forgets the trailers, whose views may die.
  void reset() { trailers_.clear(); }

 private:
  ParseStep feed_chunked(std::string_view input);

  BodyEnd end_ = BodyEnd::None;
  bool done_ = false;
  std::uint64_t left_ = 0;  // with BodyEnd::Length
  ChunkDecoder chunks_;
  std::vector<Field> trailers_;
};

}  // namespace peko::http

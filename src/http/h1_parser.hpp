/// H1Parser: turns the bytes of one client into requests of HTTP/1.0 and HTTP/1.1. No I/O in here.
///
/// Who holds the bytes: the caller, in one contiguous buffer that begins with the first byte not yet consumed. A head
/// is parsed in one go when its last byte is there; until then nothing of it is consumed, and the caller may move its
/// buffer as it likes. What comes out does therefore not depend on how the bytes were cut into pieces, which is half of
/// the defence against request smuggling; the other half is refusing everything that two programs could read in two
/// ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "http/body_parser.hpp"
#include "http/exchange.hpp"
#include "http/head_reader.hpp"
#include "http/head_scanner.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

namespace peko::http {

/// Empty lines that are skipped before a request line: RFC 9112 (2.2) asks for one; old clients send one after a body.
inline constexpr std::size_t kBlankLinesMax = 2;

/// Belongs to one connection and serves all of its requests. Allocates only when a request has more fields or longer
/// trailers than any before it.
class H1Parser {
 public:
  enum class State : std::uint8_t {
    Head,      ///< before or in a head
    Body,      ///< the head is done, the body is not
    Complete,  ///< the request is complete: feed() says BodyDone, reset() starts the next request
    Rejected,
  };

  /// `limits` outlives the parser.
  explicit H1Parser(const Limits& limits) : limits_(limits) {}

  /// Takes one step. `input` is all that is at hand and was not consumed; it may be empty. Returns after the first
  /// event, so feed on until NeedMore. In a head the names of fields are made lower case in place. While a body is
  /// wanted only later, do not feed.
  ParseStep feed(std::span<char> input);

  [[nodiscard]] State state() const { return state_; }

  /// The head, once HeadDone. Its views point into the input of that call, `consumed` bytes from its begin: they are
  /// valid as long as the caller keeps those bytes in place, and may be dropped (consumed) any time the caller no
  /// longer needs head().
  [[nodiscard]] const RequestHead& head() const { return head_; }

  /// The connection may serve another request after this one (RFC 9112, section 9.3), as far as the client is
  /// concerned.
  [[nodiscard]] bool keep_alive() const { return facts_.keep_alive; }

  /// The client waits for "100 Continue" before it sends the body. Never for HTTP/1.0 and never without a body.
  [[nodiscard]] bool expects_continue() const { return facts_.expects_continue; }

  /// Trailer fields, once BodyDone; valid until reset(). Those that RFC 9110 (6.5.1) forbids are left out.
  [[nodiscard]] Fields trailers() const { return body_.trailers(); }

  /// Forgets the request; the next byte begins the next one.
  void reset();

 private:
  ParseStep feed_head(std::span<char> input);
  ParseStep feed_body(std::span<char> input);
  ParseStep begin_body(std::size_t consumed);
  ParseStep reject(std::size_t consumed, Refusal refusal);

  const Limits& limits_;
  State state_ = State::Head;
  std::size_t blank_lines_ = 0;  // skipped before the request line
  HeadScanner scanner_{StartLine::Request};
  RequestHead head_;
  std::vector<Field> fields_;
  HeadFacts facts_;
  BodyParser body_;
  Refusal refusal_;
};

}  // namespace peko::http

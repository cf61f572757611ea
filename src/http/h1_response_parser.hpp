/// H1ResponseParser: turns the bytes of one server into the response to one request. No I/O in here.
///
/// As strict as H1Parser and for the same reason: a server that is compromised, or the one behind it, may try to make
/// us take one response for two.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_parser.hpp"
#include "http/exchange.hpp"
#include "http/head_reader.hpp"
#include "http/head_scanner.hpp"
#include "http/limits.hpp"

namespace peko::http {

/// Belongs to one request.
class H1ResponseParser {
 public:
  enum class State : std::uint8_t {
    Head,      ///< before or in a head
    Body,      ///< the head is done, the body is not
    Complete,  ///< feed() takes nothing more
    Rejected,
  };

  /// Interim responses (1xx) before the final one. Servers send one or two; a hostile one would send them for ever.
  static constexpr unsigned kInterimMax = 8;

  /// `limits` outlives the parser. `method` is the request's.
  H1ResponseParser(const Limits& limits, std::string_view method)
      : limits_(limits), method_(method == "HEAD" ? "HEAD" : "") {}

  /// Takes one step, as H1Parser::feed does. An interim response is consumed and not shown.
  ParseStep feed(std::span<char> input);
  /// The server has ended the connection in order, and all of its bytes were fed. Complete if that ends the body.
  void end();

  [[nodiscard]] State state() const { return state_; }
  /// Once HeadDone; valid as long as the parser.
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  /// The server serves another request on the connection after this one.
  [[nodiscard]] bool keep_alive() const { return facts_.keep_alive; }
  /// Once Complete.
  [[nodiscard]] Fields trailers() const { return body_.trailers(); }

 private:
  ParseStep feed_head(std::span<char> input);
  ParseStep reject(std::size_t consumed, Refusal refusal);

  const Limits& limits_;
  const std::string_view method_;
  State state_ = State::Head;
  HeadScanner scanner_{StartLine::Status};
  unsigned interim_count_ = 0;
  std::string head_text_;  // what the head's views point into
  std::vector<Field> fields_;
  ResponseHead head_;
  ResponseFacts facts_;
  BodyParser body_;
  Refusal refusal_;
};

}  // namespace peko::http

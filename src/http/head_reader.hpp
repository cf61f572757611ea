/// Reads a complete head: Beast's parser for the syntax, our rules for everything that Beast takes and a strict server
/// must not.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/framing.hpp"
#include "http/head_scanner.hpp"
#include "http/message.hpp"

namespace peko::http {

/// What a head says to the connection.
struct HeadFacts {
  bool keep_alive = false;
  bool expects_continue = false;
  bool chunked = false;
};

/// Reads `text`, a head from the request line to the empty line as HeadScanner delimits it. Fills `head`, whose fields
/// live in `fields` and whose views point into `text`; names are made lower case in place, and an absolute target is
/// brought into origin form there. Returns why the request is refused, or nothing when it is good.
std::optional<Refusal> read_head(std::span<char> text, RequestHead& head, std::vector<Field>& fields, HeadFacts& facts);

/// What the head of a response says, other than fields.
struct ResponseFacts {
  unsigned status = 0;
  Framing framing;          ///< of the body that follows
  bool keep_alive = false;  ///< the server serves another request on the connection
};

/// Reads `text`, a response's head from the status line to the empty line, the answer to a request of `method`.
/// `fields` and `text` as for read_head. The body of 1xx, 204, 304 and of an answer to HEAD is None, whatever the
/// fields say.
std::optional<Refusal> read_response_head(std::span<char> text, std::string_view method, ResponseFacts& facts,
                                          std::vector<Field>& fields);

/// Reads `text`, the lines of a trailer section, by the same rules as fields of a head. Refuses fields of the framing
/// and leaves out whatever else trailers must not carry. The views point into `text`, which is changed.
std::optional<Refusal> read_trailers(std::string& text, std::vector<Field>& fields);

}  // namespace peko::http

/// Reads a complete head: Beast's parser for the syntax, our rules for everything that Beast takes and a strict server
/// must not.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

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

/// Reads `text`, the lines of a trailer section, by the same rules as fields of a head. Refuses fields of the framing
/// and leaves out whatever else trailers must not carry. The views point into `text`, which is changed.
std::optional<Refusal> read_trailers(std::string& text, std::vector<Field>& fields);

}  // namespace peko::http

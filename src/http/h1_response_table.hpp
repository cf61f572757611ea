/// For tests and the fuzzer's seeds: what servers may send, and what it says to us.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1_response_parser.hpp"

namespace peko::http {

struct ResponseRow {
  std::string name;
  std::string method;    ///< of the request
  std::string bytes;     ///< what the server sends, then it closes
  std::string expected;  ///< see transcribe_response
};

const std::vector<ResponseRow>& response_table();
/// Those that the rows are written for.
const Limits& response_table_limits();

/// Feeds the bytes, cut at the given ascending offsets, then the end of the connection, to a parser. Each time it gets
/// its input in a block of memory of exactly that size, so that a sanitizer sees what it reads beyond. Returns in short
/// what came out: "200 {name: value} [body] +{trailer: value} keep", then " rest N" for bytes that belong to no
/// response; "more" when the response is not complete; "refused: why".
std::string transcribe_response(std::string_view method, std::string_view bytes, std::span<const std::size_t> cuts,
                                const Limits& limits);

}  // namespace peko::http

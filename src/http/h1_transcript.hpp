/// For tests and fuzzing: what H1Parser makes of some bytes, as a line of text that can be compared.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "http/h1_parser.hpp"

namespace peko::http {

/// Called with the parser after each HeadDone.
using HeadCheck = std::function<void(const H1Parser&)>;

/// Feeds `bytes` to a parser, cut at the ascending offsets `cuts`, as a connection would: request after request, until
/// it wants more bytes than there are or refuses. Each feed gets a fresh heap buffer of the exact size, so that a
/// sanitizer sees every stale view and every read past the end. Returns, separated by " | ", for each request
///   METHOD target @authority {name: value, ...} [body] +{trailers} 1.0 https expects keep
/// where empty and default parts are missing and the last word is `keep` or `close`; then `end` after a complete
/// request, `more` within one, or the status and text of the refusal.
std::string transcribe(std::string_view bytes, std::span<const std::size_t> cuts, const Limits& limits,
                       const HeadCheck& check = nullptr);

/// The status for a rejection, as tables write it.
unsigned status_of(Rejection rejection);

}  // namespace peko::http

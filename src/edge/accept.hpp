/// Accept: in which form a client wants the answers that Peko makes itself (RFC 9110, 12.5.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.hpp"

namespace peko::edge {

enum class BodyFormat : std::uint8_t { Text, Json, Html };

/// What an Accept field prefers, of which "" says nothing: the highest weight, then what is named most exactly, then
/// what is named first. Text when it does not say, or wants none of them.
BodyFormat preferred_format(std::string_view accept);

/// Whether it is a browser that asks for a page to show: it names text/html, and says nothing of another use
/// (Sec-Fetch-Dest, which a script's own requests have).
bool wants_page(http::Fields request_fields);

}  // namespace peko::edge

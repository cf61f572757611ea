/// Points in time as AWS and HTTP write them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace peko::cloud {

/// "20130524T000000Z" (ISO 8601, basic form), as requests are signed with.
std::string basic_date(std::chrono::system_clock::time_point time);

/// Reads "2013-05-24T00:00:00Z", with or without a fraction of a second (which is left out). Nothing for anything else.
/// A date past 2200 is read as its beginning ("never" to whoever wrote it), one before 1970 as the beginning of that.
std::optional<std::chrono::system_clock::time_point> parse_date(std::string_view text);

/// Reads "Sun, 06 Nov 1994 08:49:37 GMT", the form that servers write (RFC 9110, section 5.6.7). Nothing for anything
/// else.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

}  // namespace peko::cloud

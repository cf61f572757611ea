/// The words that manifests are made of: names, hosts, routes. Pure functions from text to its checked form;
/// every error quotes what was given and says what is expected, not where it was written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::code {

/// What a function may have of each.
inline constexpr std::size_t kRoutesMax = 100;
inline constexpr std::size_t kOriginsMax = 100;
inline constexpr std::size_t kEnvironmentBytesMax = 64U << 10;  ///< names and values: each instance gets a copy

/// A function's name is a DNS label: 1 to 63 of a-z, 0-9 and '-', no '-' at either end.
Status check_name(std::string_view name);

/// A function's name made of a file's: "My_App.v2" becomes "my-app-v2". Invalid when nothing is left of it.
Result<std::string> name_from(std::string_view file_stem);

/// A DNS name of at most 253 characters, in lower case (RFC 1123, section 2.1).
Result<std::string> host_name(std::string_view text);

/// "host/path" or "host/path/*", the host in lower case. The prefix /.peko/ is reserved.
Result<std::string> route(std::string_view text);

/// The name of a key-value store (keyvalue/check.hpp).
Result<std::string> store_name(std::string_view text);

/// An environment variable: a name that is not empty and has no '=', and no zero byte in either.
Status check_variable(std::string_view name, std::string_view value);

}  // namespace peko::code

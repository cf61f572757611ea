/// From text to the value of a setting. Every error says what was given and what is expected, not where it was written.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/address_range.hpp"
#include "node/config.hpp"

namespace peko::cli {

/// "127.0.0.1:3000", "[::1]:3000" or "localhost:3000", which becomes 127.0.0.1.
Result<std::string> listen_address(std::string_view text);
/// The same, or "off" for an empty text.
Result<std::string> admin_address(std::string_view text);
/// An http or https URL. It may hold a secret: errors do not show it.
Result<std::string> webhook_url(std::string_view text);
/// A DNS name, in lower case.
Result<std::string> domain_name(std::string_view text);
Result<std::string> not_empty(std::string_view text);
/// 16 to 256 visible ASCII characters, so that it is hard to guess and can be a header's value. Errors do not show it.
Result<std::string> secret(std::string_view text);
/// Decimal digits only; both limits are allowed.
Result<std::uint64_t> whole_number(std::string_view text, std::uint64_t min, std::uint64_t max);
Result<std::chrono::seconds> seconds(Result<std::uint64_t> number);
Result<std::chrono::milliseconds> milliseconds(Result<std::uint64_t> number);
Result<std::chrono::microseconds> microseconds(Result<std::uint64_t> number);
Result<node::LogFormat> log_format(std::string_view text);
/// Ranges of addresses with commas between them, or "none".
Result<std::vector<net::AddressRange>> address_ranges(std::string_view text);
/// A folder or a URL of a kind that there is. What is behind it is not looked at.
Result<std::string> code_store(std::string_view text);

}  // namespace peko::cli

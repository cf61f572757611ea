#include "cli/setting_values.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "code/manifest_values.hpp"
#include "code/open_store.hpp"

namespace peko::cli {
namespace {

/// Longer than any service makes them.
constexpr std::size_t kUrlBytesMax = 4096;

/// The addresses that a socket can be bound to, without asking DNS.
bool is_address(int family, const std::string& text) {
  in6_addr parsed{};  // large enough for both families
  return ::inet_pton(family, text.c_str(), &parsed) == 1;
}

std::unexpected<Error> bad_address(std::string_view text, std::string_view hint) {
  return fail(Code::Invalid, fmt::format("\"{}\" is not an address to listen on: write HOST:PORT, {}", text, hint));
}

}  // namespace

Result<std::string> listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    const std::string_view digits = colon == 0 ? text.substr(1) : text;
    if (whole_number(digits, 0, 65535)) {
      return bad_address(text, fmt::format("for instance 127.0.0.1:{}", digits));
    }
    return bad_address(text, "for instance 127.0.0.1:3000");
  }
  std::string host(text.substr(0, colon));
  if (!whole_number(text.substr(colon + 1), 0, 65535)) {
    return bad_address(text, "with a port from 0 to 65535");
  }
  if (host == "localhost") {
    host = "127.0.0.1";
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed ? is_address(AF_INET6, host.substr(1, host.size() - 2)) : is_address(AF_INET, host)) {
    return host.append(text.substr(colon));
  }
  if (!bracketed && host.find(':') != std::string::npos) {
    return bad_address(text, "with an IPv6 address in brackets, for instance [::1]:3000");
  }
  return bad_address(text, "with a numeric address of this machine, for instance 127.0.0.1:3000");
}

Result<std::string> admin_address(std::string_view text) {
  if (text == "off") return std::string();
  return listen_address(text);
}

Result<std::string> webhook_url(std::string_view text) {
  const bool scheme = text.starts_with("https://") || text.starts_with("http://");
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!scheme || !visible || text.ends_with("://") || text.size() > kUrlBytesMax) {
    return fail(Code::Invalid, "the URL must begin with https:// or http:// and have no spaces");
  }
  return std::string(text);
}

Result<std::string> domain_name(std::string_view text) {
  Result<std::string> name = code::host_name(text);
  if (!name) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not a domain name, for instance functions.example.com", text));
  }
  return name;
}

Result<std::string> not_empty(std::string_view text) {
  if (text.empty()) {
    return fail(Code::Invalid, "a value is missing");
  }
  return std::string(text);
}

Result<std::string> secret(std::string_view text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.size() < 16 || text.size() > 256 || !visible) {
    return fail(Code::Invalid,
                "the secret must be 16 to 256 visible ASCII characters without spaces, for instance what "
                "`openssl rand -hex 32` prints");
  }
  return std::string(text);
}

Result<std::uint64_t> whole_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not a whole number from {} to {}", text, min, max));
  }
  return number;
}

Result<std::chrono::seconds> seconds(Result<std::uint64_t> number) {
  if (!number) {
    return fail(std::move(number.error()));
  }
  return std::chrono::seconds(*number);
}

Result<std::chrono::milliseconds> milliseconds(Result<std::uint64_t> number) {
  if (!number) {
    return fail(std::move(number.error()));
  }
  return std::chrono::milliseconds(*number);
}

Result<std::chrono::microseconds> microseconds(Result<std::uint64_t> number) {
  if (!number) {
    return fail(std::move(number.error()));
  }
  return std::chrono::microseconds(*number);
}

Result<node::LogFormat> log_format(std::string_view text) {
  if (text == "text") return node::LogFormat::Text;
  if (text == "json") return node::LogFormat::Json;
  if (text == "off") return node::LogFormat::Off;
  return fail(Code::Invalid, fmt::format("\"{}\" is not a log format: text, json or off", text));
}

Result<std::vector<net::AddressRange>> address_ranges(std::string_view text) {
  std::vector<net::AddressRange> ranges;
  if (text == "none") {
    return ranges;
  }
  for (const std::string_view part : split(text, ',')) {
    Result<net::AddressRange> range = net::AddressRange::parse(trim(part));
    if (!range) {
      return fail(std::move(range.error()));
    }
    ranges.push_back(*range);
  }
  return ranges;
}

Result<std::string> code_store(std::string_view text) {
  if (text.empty()) {
    return fail(Code::Invalid, "a folder or URL is missing");
  }
  if (text.starts_with("s3://")) {
    const Result<code::S3Location> bucket = code::bucket_of(text);
    return bucket ? Result<std::string>(text) : fail(bucket.error());
  }
  if (text.starts_with("file://")) {
    const Result<std::filesystem::path> folder = code::folder_of(text);
    return folder ? Result<std::string>(text) : fail(folder.error());
  }
  if (text.find("://") != std::string_view::npos) {
    return fail(Code::Unsupported,
                fmt::format("\"{}\" is not a code store: give a folder, file:///path or s3://bucket/prefix", text));
  }
  return std::string(text);
}

}  // namespace peko::cli

#include "code/open_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "code/file_store.hpp"
#include "code/paths.hpp"
#include "code/s3_open.hpp"

namespace peko::code {
namespace {

constexpr std::string_view kFile = "file://";
constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kForms =
    "a store is a folder (file:///srv/peko, or a path) or a bucket (s3://bucket/prefix?endpoint=…&region=…)";

/// What stands for a byte after '%'; nothing when it is not two hexadecimal digits, or the byte that ends a path.
std::optional<char> decoded_byte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2 || value == 0) {
    return std::nullopt;
  }
  return static_cast<char>(value);
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const auto byte = decoded_byte(text.substr(at + 1, 2));
    if (!byte) {
      return fail(Code::Invalid,
                  fmt::format("\"{}\" is no percent-encoded byte (a '%' itself is written %25)", text.substr(at, 3)));
    }
    decoded += *byte;
    at += 2;
  }
  return decoded;
}

Result<S3Location::Style> style_of(std::string_view text) {
  using Style = S3Location::Style;
  for (const auto& [name, style] :
       {std::pair{"auto", Style::Auto}, {"virtual", Style::Virtual}, {"path", Style::Path}}) {
    if (text == name) {
      return style;
    }
  }
  return fail(Code::Invalid, fmt::format("style=\"{}\" is none of auto, virtual (https://bucket.host/key), path "
                                         "(https://host/bucket/key)",
                                         text));
}

Status set_parameter(S3Location& location, std::string_view name, std::string value) {
  if (name == "endpoint") {
    location.endpoint = std::move(value);
  } else if (name == "region") {
    location.region = std::move(value);
  } else if (name == "style") {
    const Result<S3Location::Style> style = style_of(value);
    if (!style) {
      return fail(style.error());
    }
    location.style = *style;
  } else {
    static const std::vector<std::string> known = {"endpoint", "region", "style"};
    const auto meant = nearest(name, known);
    return fail(Code::Invalid, fmt::format("there is no parameter \"{}\"{}; there are endpoint, region and style", name,
                                           meant ? fmt::format(" (did you mean \"{}\"?)", *meant) : ""));
  }
  return {};
}

Status set_parameters(S3Location& location, std::string_view query) {
  std::vector<std::string_view> seen;
  for (const std::string_view parameter : split(query, '&')) {
    const std::size_t equals = parameter.find('=');
    const std::string_view name = parameter.substr(0, equals);
    if (equals == std::string_view::npos || equals + 1 == parameter.size()) {
      return fail(Code::Invalid, fmt::format("the parameter \"{}\" has no value: write name=value", name));
    }
    if (std::ranges::find(seen, name) != seen.end()) {
      return fail(Code::Invalid, fmt::format("the parameter \"{}\" is there twice", name));
    }
    seen.push_back(name);
    Result<std::string> value = percent_decoded(parameter.substr(equals + 1));
    if (!value) {
      return fail(std::move(value.error()));
    }
    if (Status set = set_parameter(location, name, std::move(*value)); !set) {
      return set;
    }
  }
  return {};
}

/// What is before ':' when the text looks like a URL and not like a path: "https" of "https://host".
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  const std::string_view scheme = text.substr(0, colon);
  const bool known = scheme == "file" || scheme == "s3";
  return known || text.substr(colon).starts_with("://") ? scheme : std::string_view();
}

}  // namespace

Result<std::filesystem::path> folder_of(std::string_view url) {
  std::string path(url);
  if (url.starts_with(kFile)) {
    std::string_view rest = url.substr(kFile.size());
    if (rest.starts_with("localhost/")) {
      rest.remove_prefix(std::string_view("localhost").size());
    }
    if (!rest.starts_with('/')) {
      return fail(Code::Invalid, fmt::format("{}: the path of a file URL is absolute, with three slashes in all: "
                                             "file:///srv/peko (or give a path, without file://)",
                                             url));
    }
    if (rest.find_first_of("?#") != std::string_view::npos) {
      return fail(Code::Invalid,
                  fmt::format("{}: a file URL has no parameters ('?' in a path is %3F, '#' is %23)", url));
    }
    Result<std::string> decoded = percent_decoded(rest);
    if (!decoded) {
      return fail(std::move(decoded.error()), url);
    }
    path = std::move(*decoded);
  }
  if (path.empty() || path.find('\0') != std::string::npos) {
    return fail(Code::Invalid, fmt::format("no folder is named: {}", kForms));
  }
  std::filesystem::path folder = made_absolute(path);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder, ignored)) {
    return fail(Code::Invalid, fmt::format("{} is a file: {}", path, kForms));
  }
  return folder;
}

Result<S3Location> bucket_of(std::string_view url) {
  std::string_view rest = url.substr(url.starts_with(kS3) ? kS3.size() : 0);
  const std::size_t question = rest.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (rest.find('@') != std::string_view::npos) {
    return fail(Code::Invalid,
                "a store's URL holds no credentials (they would be seen by all): set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or use a profile or a role; write s3://bucket/prefix");
  }
  if (url.find('#') != std::string_view::npos) {
    return fail(Code::Invalid, fmt::format("{}: a store's URL has no '#'", url));
  }
  S3Location location;
  const std::size_t slash = rest.find('/');
  location.bucket = rest.substr(0, slash);
  std::string_view prefix = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  while (prefix.ends_with('/')) {
    prefix.remove_suffix(1);
  }
  location.prefix = prefix;
  if (question != std::string_view::npos) {
    if (Status set = set_parameters(location, query); !set) {
      return fail(std::move(set.error()), location.shown());
    }
  }
  if (Status checked = location.check(); !checked) {
    return fail(std::move(checked.error()));
  }
  return location;
}

Result<std::unique_ptr<Store>> open_store(std::string_view url, const StoreOptions& options) {
  const std::string_view scheme = scheme_of(url);
  if (url.starts_with(kS3)) {
    Result<S3Location> location = bucket_of(url);
    if (!location) {
      return fail(std::move(location.error()));
    }
    return open_bucket(std::move(*location), options.environment, options.clock, options.bucket);
  }
  if (scheme == "s3" || (scheme == "file" && !url.starts_with(kFile))) {
    return fail(Code::Invalid, fmt::format("after \"{}:\" there are two slashes: {}", scheme, kForms));
  }
  if (!scheme.empty() && scheme != "file") {
    const bool http = scheme == "https" || scheme == "http";
    return fail(
        Code::Invalid,
        fmt::format("\"{}:\" is no kind of store: {}", scheme,
                    http ? "for a service that speaks S3 write s3://bucket/prefix?endpoint=https://host" : kForms));
  }
  Result<std::filesystem::path> folder = folder_of(url);
  if (!folder) {
    return fail(std::move(folder.error()));
  }
  return std::make_unique<FileStore>(std::move(*folder), options.clock);
}

}  // namespace peko::code

/// Fuzzes what files and services say about credentials: the INI files that AWS's tools share, the JSON and XML of
/// metadata services and STS, and the URLs and dates in them.
///
/// Properties: credentials that were accepted can be sent in headers as they are; a refusal is short and visible; a
/// section has a name without a line end; a URL's parts are visible where they are sent; a date is the same when it is
/// read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "cloud/credentials_document.hpp"
#include "cloud/dates.hpp"
#include "cloud/ini.hpp"
#include "cloud/url.hpp"

namespace peko::cloud {
namespace {

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
}

void check_answer(const Result<Credentials>& found) {
  if (!found) {
    PEKO_ASSERT(is_visible(found.error().message), "an answer does not write to the terminal");
    return;
  }
  PEKO_ASSERT(check_credentials(*found).has_value(), "accepted credentials can be sent");
}

void check_refusal(std::string_view text) {
  const std::string refusal = parse_refusal(text);
  PEKO_ASSERT(refusal.size() <= 300 && is_visible(refusal), "a refusal fits into a message");
}

void check_ini(std::string_view text) {
  const auto sections = parse_ini(text);
  if (!sections) {
    PEKO_ASSERT(sections.error().message.size() < 100, "a line's number, not its text");
    return;
  }
  for (const IniSection& section : *sections) {
    PEKO_ASSERT(section.name.find('\n') == std::string::npos, "a section's name is within a line");
    for (const auto& [name, value] : section.values) {
      PEKO_ASSERT(!name.empty() && value.find('\n') == std::string::npos, "a value has a name and is within a line");
    }
  }
}

void check_url(std::string_view text) {
  const auto url = Url::parse(text);
  if (!url) return;
  PEKO_ASSERT(!url->host.empty() && url->path.starts_with('/'), "a URL has a host and a path");
  PEKO_ASSERT(is_visible(url->host_header()), "a host is sent as it is");
  PEKO_ASSERT(url->authority.find_first_of("/?#@ \r\n") == std::string_view::npos, "a host ends where all see its end");
}

void check_date(std::string_view text) {
  const auto time = parse_date(text);
  if (!time) return;
  const std::string basic = basic_date(*time);
  PEKO_ASSERT(basic.size() == 16 && basic.front() != '-', "a date has its one form");
}

}  // namespace
}  // namespace peko::cloud

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: char may alias any bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  peko::cloud::check_answer(peko::cloud::parse_credentials_json(text));
  peko::cloud::check_answer(peko::cloud::parse_credentials_xml(text));
  peko::cloud::check_refusal(text);
  peko::cloud::check_ini(text);
  peko::cloud::check_url(text);
  peko::cloud::check_date(text);
  return 0;
}

#include "cloud/url.hpp"

#include <algorithm>

namespace peko::cloud {
namespace {

bool is_visible(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '\x7f') return false;
  }
  return true;
}

// Without the port; nothing when a bracket is not closed.
std::optional<std::string_view> host_of(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const std::size_t end = authority.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  return authority.substr(1, end - 1);
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url.scheme = text.substr(0, colon);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));

  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  url.authority = text.substr(0, end);
  url.authority.remove_prefix(url.authority.rfind('@') + 1);  // npos + 1 is 0: there is no user
  const auto host = host_of(url.authority);
  if (!host || host->empty() || !is_visible(url.authority)) return std::nullopt;
  url.host = *host;

  text.remove_prefix(end);
  const std::size_t question = std::min(text.find('?'), text.size());
  url.path = question == 0 ? std::string_view("/") : text.substr(0, question);
  url.query = text.substr(std::min(question + 1, text.size()));
  return url;
}

std::string_view Url::host_header() const {
  const std::string_view own_port = secure() ? ":443" : ":80";
  return authority.ends_with(own_port) ? authority.substr(0, authority.size() - own_port.size()) : authority;
}

}  // namespace peko::cloud

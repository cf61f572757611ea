#include "edge/router.hpp"

#include <algorithm>
#include <array>

#include "edge/version_text.hpp"

namespace peko::edge {

namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1035, section 2.3.4
constexpr std::string_view kPreviewMark = "--";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

// The host without port and without the root's dot, in lower case; empty when it is too long to be one. Each request
// has it normalised: that must not cost a call, whoever else asks.
[[gnu::always_inline]] inline std::string_view normalise(std::string_view authority,
                                                         std::array<char, kHostBytesMax>& space) {
  std::size_t size = authority.size();
  if (!authority.starts_with('[')) {
    size = std::min(authority.rfind(':'), size);
  } else {
    size = std::min(authority.find(']') + 1, size);
  }
  if (size > 0 && authority[size - 1] == '.') size--;
  if (size > space.size()) return {};
  std::ranges::transform(authority.substr(0, size), space.begin(), [](char c) { return lower(c); });
  return {space.data(), size};
}

}  // namespace

Router::Router(std::string_view domain) : suffix_("." + lower(domain)) {}

void Router::add_name(std::string_view name, Target target) {
  hosts_.emplace(lower(name) + suffix_, target);
  count(target);
  if (names_.size() <= target) names_.resize(target + 1);
  names_[target] = name;
}

void Router::set_default(Target target) {
  default_ = target;
  count(target);
}

void Router::count(Target target) { targets_ = std::max(targets_, target + 1); }

bool Router::add_route(std::string_view route, Target target) {
  const std::size_t slash = std::min(route.find('/'), route.size());
  const std::string host = lower(route.substr(0, slash));
  std::string_view path = route.substr(slash);
  const bool prefix = path.empty() || path.ends_with("/*");
  if (path.ends_with("/*")) path.remove_suffix(1);
  if (path.empty()) path = "/";

  count(target);
  std::vector<Route>& routes = routes_[host];
  const bool taken = std::ranges::any_of(routes, [&](const Route& r) { return r.path == path && r.prefix == prefix; });
  if (taken) return false;
  routes.push_back({std::string(path), prefix, target});
  std::ranges::sort(routes, [](const Route& a, const Route& b) {
    return a.path.size() != b.path.size() ? a.path.size() > b.path.size() : a.prefix < b.prefix;
  });
  return true;
}

std::optional<Router::Match> Router::find_preview(std::string_view host) const {
  const std::size_t end = host.find(kPreviewMark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::uint32_t version = version_number(host.substr(0, end));
  if (version == 0) return std::nullopt;
  const auto found = hosts_.find(host.substr(end + kPreviewMark.size()));
  if (found == hosts_.end()) return std::nullopt;
  return Match{.function = found->second, .version = version};
}

std::optional<Router::Match> Router::find(std::string_view authority, std::string_view target) const {
  std::array<char, kHostBytesMax> space;
  const std::string_view host = normalise(authority, space);
  if (host.size() > 2 && host[0] == 'v' && host[1] <= '9') {  // few others: so it costs them two comparisons
    if (const std::optional<Match> preview = find_preview(host)) return preview;
  }
  if (!routes_.empty()) {
    if (const auto found = routes_.find(host); found != routes_.end()) {
      const std::string_view path = target.substr(0, target.find('?'));
      for (const Route& route : found->second) {
        if (route.prefix ? path.starts_with(route.path) : path == route.path) return Match{.function = route.target};
      }
    }
  }
  if (const auto found = hosts_.find(host); found != hosts_.end()) return Match{.function = found->second};
  if (default_) return Match{.function = *default_};
  return std::nullopt;
}

bool Router::has_host(std::string_view authority) const {
  std::array<char, kHostBytesMax> space;
  const std::string_view host = normalise(authority, space);
  return host.ends_with(suffix_) || host == std::string_view(suffix_).substr(1) || routes_.contains(host);
}

}  // namespace peko::edge

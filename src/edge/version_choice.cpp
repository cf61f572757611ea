#include "edge/version_choice.hpp"

#include <algorithm>

#include "edge/version_text.hpp"

namespace peko::edge {

namespace {

constexpr std::string_view kSpace = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

const Serving* find(std::span<const Serving> serving, std::uint32_t number) {
  const auto found =
      std::ranges::find_if(serving, [number](const Serving& each) { return each.shelf->version().number == number; });
  return number != 0 && found != serving.end() ? &*found : nullptr;
}

// By the cookies of one Cookie field: "a=b; peko-version=v12" (RFC 6265, section 4.2.1).
const Serving* find_by_cookies(std::span<const Serving> serving, std::string_view cookies) {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    const std::string_view pair = trimmed(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != kVersionField) continue;
    if (const Serving* kept = find(serving, version_number(pair.substr(equals + 1)))) return kept;
  }
  return nullptr;
}

const Serving& by_weight(std::span<const Serving> serving, Random& random) {
  std::uint64_t all = 0;
  for (const Serving& each : serving) all += each.weight;
  std::uint64_t at = all == 0 ? 0 : random() % all;
  for (const Serving& each : serving) {
    if (at < each.weight) return each;
    at -= each.weight;
  }
  return serving.front();  // all weights are zero
}

}  // namespace

VersionChoice choose_version(std::span<const Serving> serving, http::Fields request_fields, Random& random) {
  if (serving.size() == 1) return {.shelf = serving.front().shelf, .by_luck = false};
  const Serving* kept = nullptr;
  for (const http::Field& field : request_fields) {
    if (field.name == kVersionField) {
      if (const Serving* named = find(serving, version_number(field.value))) return {named->shelf, false};
    } else if (field.name == "cookie" && kept == nullptr) {
      kept = find_by_cookies(serving, field.value);
    }
  }
  if (kept != nullptr) return {kept->shelf, false};
  return {by_weight(serving, random).shelf, true};
}

}  // namespace peko::edge

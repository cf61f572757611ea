#include "edge/asset_choice.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace peko::edge {

namespace {

constexpr int kQualityMax = 1000;

// Calls `take` with each element of a list field, of all fields of that name, without the spaces around it.
template <typename Take>
void each_element(http::Fields fields, std::string_view name, const Take& take) {
  for (const http::Field& field : fields) {
    if (field.name != name) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      take(trim(rest.substr(0, comma)));
      rest.remove_prefix(std::min(rest.size(), comma == std::string_view::npos ? comma : comma + 1));
    }
  }
}

// "0.8" in thousandths; 0 for what is none.
int quality_of(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '1') return 0;
  int quality = (text.front() - '0') * kQualityMax;
  text.remove_prefix(1);
  if (text.empty()) return quality;
  if (text.front() != '.') return 0;
  int worth = kQualityMax / 10;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9' || worth == 0) return 0;
    quality += (c - '0') * worth;
    worth /= 10;
  }
  return std::min(quality, kQualityMax);
}

// What the client said of each coding; nothing: nothing.
struct Likes {
  std::optional<int> brotli;
  std::optional<int> gzip;
  std::optional<int> plain;
  std::optional<int> others;
};

Likes likes_of(http::Fields request) {
  Likes likes;
  each_element(request, "accept-encoding", [&likes](std::string_view element) {
    const std::size_t semicolon = element.find(';');
    const std::string_view name = trim(element.substr(0, semicolon));
    int quality = kQualityMax;
    if (semicolon != std::string_view::npos) {
      const std::string_view weight = trim(element.substr(semicolon + 1));
      quality = weight.size() > 2 && (weight.starts_with("q=") || weight.starts_with("Q="))
                    ? quality_of(weight.substr(2))
                    : 0;
    }
    if (http::iequals(name, "br")) {
      likes.brotli = quality;
    } else if (http::iequals(name, "gzip") || http::iequals(name, "x-gzip")) {
      likes.gzip = quality;
    } else if (http::iequals(name, "identity")) {
      likes.plain = quality;
    } else if (name == "*") {
      likes.others = quality;
    }
  });
  return likes;
}

// Whether a field lists `tag`, or "*". `weak`: W/ before a tag does not matter.
bool lists(http::Fields fields, std::string_view name, std::string_view tag, bool weak) {
  bool found = false;
  each_element(fields, name, [&](std::string_view element) {
    if (weak && element.starts_with("W/")) element.remove_prefix(2);
    found = found || element == tag || element == "*";
  });
  return found;
}

struct Range {
  std::uint64_t first;
  std::uint64_t last;  // inclusive
};

// The whole text as a number, the largest there is for longer ones.
std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || stop != end || digits.front() == '-') return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

enum class Asked : std::uint8_t { Everything, Part, Nothing };

// Nothing: the range lies beyond the end.
Asked read_range(std::string_view text, std::uint64_t size, Range& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (text.size() < kUnit.size() || !http::iequals(text.substr(0, kUnit.size()), kUnit)) return Asked::Everything;
  text = trim(text.substr(kUnit.size()));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return Asked::Everything;
  const std::optional<std::uint64_t> first = number_of(text.substr(0, dash));
  const std::optional<std::uint64_t> last = number_of(text.substr(dash + 1));
  if (dash == 0) {  // the last bytes
    if (!last) return Asked::Everything;
    if (*last == 0 || size == 0) return Asked::Nothing;
    range = {.first = size - std::min(*last, size), .last = size - 1};
    return Asked::Part;
  }
  const bool to_end = dash + 1 == text.size();
  if (!first || (!to_end && (!last || *last < *first))) return Asked::Everything;
  if (*first >= size) return Asked::Nothing;
  range = {.first = *first, .last = to_end ? size - 1 : std::min(*last, size - 1)};
  return Asked::Part;
}

}  // namespace

std::string_view to_string(Coding coding) {
  switch (coding) {
    case Coding::Brotli: return "br";
    case Coding::Gzip: return "gzip";
    case Coding::Plain: break;
  }
  return {};
}

Coding choose_coding(http::Fields request, Codings at_hand) {
  if (!at_hand.brotli && !at_hand.gzip) return Coding::Plain;
  const Likes likes = likes_of(request);
  const int others = likes.others.value_or(0);
  // Plain bytes are always acceptable unless they are ruled out, and liked least unless they are named.
  Coding best = Coding::Plain;
  int most = likes.plain.value_or(0);
  const int gzip = likes.gzip.value_or(others);
  const int brotli = likes.brotli.value_or(others);
  if (at_hand.gzip && gzip > 0 && gzip >= most) {
    best = Coding::Gzip;
    most = gzip;
  }
  if (at_hand.brotli && brotli > 0 && brotli >= most) best = Coding::Brotli;
  return best;
}

EntityTag::EntityTag(const Digest& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text_.front() = text_.back() = '"';
  for (std::size_t i = 0; i < (text_.size() - 2) / 2; ++i) {
    text_[2 * i + 1] = kDigits[hash[i] >> 4U];
    text_[2 * i + 2] = kDigits[hash[i] & 15U];
  }
}

AssetPlan plan_asset(const http::RequestHead& request, std::string_view tag, std::uint64_t size) {
  const bool matches = !find(request.fields, "if-match") || lists(request.fields, "if-match", tag, false);
  if (!matches) return {.status = 412};
  if (lists(request.fields, "if-none-match", tag, true)) return {.status = 304};
  const AssetPlan whole{.status = 200, .first = 0, .size = size};
  const auto range_field = find(request.fields, "range");
  if (!range_field || request.method != "GET") return whole;
  const auto if_range = find(request.fields, "if-range");
  if (if_range && *if_range != tag) return whole;
  Range range{};
  switch (read_range(*range_field, size, range)) {
    case Asked::Everything: return whole;
    case Asked::Nothing: return {.status = 416};
    case Asked::Part: break;
  }
  return {.status = 206, .first = range.first, .size = range.last - range.first + 1};
}

}  // namespace peko::edge

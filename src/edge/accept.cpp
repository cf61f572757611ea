#include "edge/accept.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace peko::edge {

namespace {

constexpr unsigned kWeightMax = 1000;  // q=1; weights have three digits after the point
constexpr std::size_t kFormats = std::size_t{std::to_underlying(BodyFormat::Html)} + 1;

// How exactly a range names a format.
enum class Exactness : std::uint8_t { No, Anything, Type, Name };

struct Range {
  std::string_view name;  // "text/html"
  unsigned weight = kWeightMax;
};

// "0.25", in thousandths. What is no weight says nothing.
unsigned weight_of(std::string_view text) {
  if (text.empty() || (text.front() != '0' && text.front() != '1')) return kWeightMax;
  unsigned weight = text.front() == '1' ? kWeightMax : 0;
  unsigned unit = kWeightMax / 10;
  for (std::size_t i = 2; i < text.size() && text[1] == '.' && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10)
    weight += static_cast<unsigned>(text[i] - '0') * unit;
  return std::min(weight, kWeightMax);
}

// Takes the part before the next separator off the begin of `rest`.
std::string_view take_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(part);
}

Range range_of(std::string_view text) {
  Range range{.name = take_part(text, ';')};
  while (!text.empty()) {
    const std::string_view part = take_part(text, ';');
    if (part.starts_with("q=") || part.starts_with("Q=")) range.weight = weight_of(part.substr(2));
  }
  return range;
}

Exactness exactness(BodyFormat format, std::string_view name) {
  if (name == "*/*") return Exactness::Anything;
  const auto is = [name](std::string_view other) { return http::iequals(name, other); };
  switch (format) {
    case BodyFormat::Html:
      if (is("text/html") || is("application/xhtml+xml")) return Exactness::Name;
      return is("text/*") ? Exactness::Type : Exactness::No;
    case BodyFormat::Json:
      if (is("application/json") || name.ends_with("+json")) return Exactness::Name;
      return is("application/*") ? Exactness::Type : Exactness::No;
    case BodyFormat::Text: break;
  }
  if (is("text/plain")) return Exactness::Name;
  return is("text/*") ? Exactness::Type : Exactness::No;
}

// What the ranges say of one format: the most exact one counts.
struct Wish {
  unsigned weight = 0;
  Exactness exact = Exactness::No;
  std::size_t place = 0;
  [[nodiscard]] auto rank() const { return std::tuple(weight, exact, -static_cast<std::ptrdiff_t>(place)); }
};

}  // namespace

BodyFormat preferred_format(std::string_view accept) {
  std::array<Wish, kFormats> wishes;
  for (std::size_t place = 0; !accept.empty(); ++place) {
    const Range range = range_of(take_part(accept, ','));
    for (std::size_t i = 0; i < kFormats; ++i) {
      const Exactness exact = exactness(BodyFormat(i), range.name);
      if (exact > wishes[i].exact) wishes[i] = {.weight = range.weight, .exact = exact, .place = place};
    }
  }
  const auto* const best = std::ranges::max_element(wishes, {}, &Wish::rank);  // the first of equals, which is Text
  return best->weight == 0 ? BodyFormat::Text : BodyFormat(best - wishes.data());
}

bool wants_page(http::Fields request_fields) {
  const std::string_view use = http::find(request_fields, "sec-fetch-dest").value_or("document");
  if (use != "document" && use != "iframe" && use != "frame") return false;
  const std::string_view accept = http::find(request_fields, "accept").value_or("");
  return accept.find("text/html") != std::string_view::npos && preferred_format(accept) == BodyFormat::Html;
}

}  // namespace peko::edge

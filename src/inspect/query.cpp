#include "inspect/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace peko::inspect {

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() < 2 || error != std::errc() || end != digits.data() + digits.size()) {
      return fail(Code::Invalid, "a % of the query is not followed by two hexadecimal digits");
    }
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

Result<Query> Query::parse(std::string_view text, std::span<const std::string_view> known) {
  Query query;
  if (text.empty()) return query;
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    if (std::ranges::find(known, name) == known.end()) {
      return fail(Code::Invalid, fmt::format("\"{}\" is not understood; there is: {}", name, fmt::join(known, ", ")));
    }
    Result<std::string> value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!value) return fail(std::move(value.error()));
    if (!query.values_.emplace(name, std::move(*value)).second) {
      return fail(Code::Invalid, fmt::format("{} is given twice", name));
    }
  }
  return query;
}

const std::string& Query::text(std::string_view name) const {
  static const std::string kNothing;
  const auto found = values_.find(name);
  return found == values_.end() ? kNothing : found->second;
}

Result<std::uint64_t> Query::number(std::string_view name, std::uint64_t low, std::uint64_t high,
                                    std::uint64_t otherwise) const {
  if (!has(name)) return otherwise;
  const std::string& given = text(name);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (given.empty() || error != std::errc() || end != given.data() + given.size() || number < low || number > high) {
    return fail(Code::Invalid, fmt::format("{} is a whole number from {} to {}", name, low, high));
  }
  return number;
}

Result<bool> Query::flag(std::string_view name) const {
  const std::string& given = text(name);
  if (!has(name) || given == "0") return false;
  if (given == "1") return true;
  return fail(Code::Invalid, fmt::format("{} is 1 or 0", name));
}

}  // namespace peko::inspect

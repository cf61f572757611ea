/// Query: the part of a request's target after '?', read strictly.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::inspect {

/// What follows the first '?' of a target; empty when there is none.
std::string_view query_of(std::string_view target);

/// The text behind percent-encoding. Invalid: '%' without two hexadecimal digits.
Result<std::string> percent_decoded(std::string_view text);

class Query {
 public:
  /// Reads "a=1&b=two%20words". Invalid, in a sentence for the person who wrote it: a name that is not in `known`, one
  /// given twice, a percent sign that encodes nothing.
  static Result<Query> parse(std::string_view text, std::span<const std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  /// Empty when it is not there.
  [[nodiscard]] const std::string& text(std::string_view name) const;
  /// A whole number from `low` to `high`, `otherwise` when it is not there. Invalid.
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t low, std::uint64_t high,
                                             std::uint64_t otherwise) const;
  /// "1" is yes; "0" and nothing are no. Invalid.
  [[nodiscard]] Result<bool> flag(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace peko::inspect

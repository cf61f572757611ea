/// JsonNode: a part of a JSON text that others may have written, read strictly.
///
///   auto text = JsonText::parse(bytes);
///   JsonNode root = text->root();
///   root.only({"name", "tags"});
///   name = root.field("name").text(63);
///   for (const JsonNode& tag : root.field("tags").items(10)) ...
///   return text->finish();
///
/// Reading never stops at a mistake: the first one is noted, what is wrong reads as empty or as the least that is
/// allowed, and finish() tells.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace peko::code {

/// A view; dies with its text.
class JsonNode {
 public:
  /// Notes every field that is none of `keys`: Unsupported.
  void only(std::initializer_list<std::string_view> keys) const;
  [[nodiscard]] bool has(std::string_view key) const;
  /// A field that must be there.
  [[nodiscard]] JsonNode field(std::string_view key) const;
  /// All fields of an object whose keys are free, as the text has them.
  [[nodiscard]] std::vector<std::pair<std::string, JsonNode>> members(std::size_t count_max) const;
  /// All elements of an array.
  [[nodiscard]] std::vector<JsonNode> items(std::size_t count_max) const;

  [[nodiscard]] std::string text(std::size_t bytes_max) const;
  [[nodiscard]] std::uint64_t integer(std::uint64_t low, std::uint64_t high) const;
  /// 64 hexadecimal digits in lower case.
  [[nodiscard]] Digest digest() const;

  /// Its field "format" must be `known`: Unsupported.
  void format(std::uint64_t known) const;
  /// "2026-01-31T12:00:00.000Z", from 1970 to 2199.
  [[nodiscard]] std::chrono::system_clock::time_point time() const;

  /// Notes a mistake of the caller's finding here.
  void reject(Code code, std::string_view what) const;

 private:
  friend class JsonText;
  JsonNode(const boost::json::value* value, std::string place, std::optional<Error>& mistake)
      : value_(value), place_(std::move(place)), mistake_(&mistake) {}

  const boost::json::value* value_;  // null: absent or wrong, already noted
  std::string place_;                // "versions[1].weight"; empty: the whole text
  std::optional<Error>* mistake_;
};

class JsonText {
 public:
  /// Invalid when it is no JSON (RFC 8259), or nested deeper than a record is.
  static Result<JsonText> parse(std::string_view bytes);

  [[nodiscard]] JsonNode root() const { return {&state_->value, {}, state_->mistake}; }
  /// The first mistake, with its place.
  [[nodiscard]] Status finish() const;

 private:
  struct State {
    boost::json::value value;
    std::optional<Error> mistake;
  };
  explicit JsonText(std::unique_ptr<State> state) : state_(std::move(state)) {}

  std::unique_ptr<State> state_;  // nodes point into it
};

}  // namespace peko::code

#include "code/json_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace peko::code {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 8;

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

/// The number that `digits` are, nothing else among them.
std::optional<unsigned> number_of(std::string_view digits) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

/// A key as a message shows it: whoever wrote it chose its length too.
std::string_view shortened(std::string_view key) { return key.substr(0, 64); }

}  // namespace

void JsonNode::reject(Code code, std::string_view what) const {
  if (!*mistake_) {
    *mistake_ = Error{code, place_.empty() ? std::string(what) : fmt::format("\"{}\": {}", shortened(place_), what)};
  }
}

void JsonNode::only(std::initializer_list<std::string_view> keys) const {
  const json::object* object = value_ == nullptr ? nullptr : value_->if_object();
  if (object == nullptr) {
    return;  // field() says so
  }
  for (const auto& member : *object) {
    if (std::ranges::find(keys, view(member.key())) == keys.end()) {
      reject(Code::Unsupported,
             fmt::format("this Peko does not know the field \"{}\": a newer one may have written it, update this one",
                         shortened(view(member.key()))));
    }
  }
}

bool JsonNode::has(std::string_view key) const {
  const json::object* object = value_ == nullptr ? nullptr : value_->if_object();
  return object != nullptr && object->if_contains(key) != nullptr;
}

JsonNode JsonNode::field(std::string_view key) const {
  JsonNode child(nullptr, place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key), *mistake_);
  if (value_ == nullptr) {
    return child;
  }
  const json::object* object = value_->if_object();
  if (object == nullptr) {
    reject(Code::Invalid, "must be an object");
    return child;
  }
  child.value_ = object->if_contains(key);
  if (child.value_ == nullptr) {
    child.reject(Code::Invalid, "is missing");
  }
  return child;
}

std::vector<std::pair<std::string, JsonNode>> JsonNode::members(std::size_t count_max) const {
  std::vector<std::pair<std::string, JsonNode>> result;
  const json::object* object = value_ == nullptr ? nullptr : value_->if_object();
  if (object == nullptr) {
    if (value_ != nullptr) {
      reject(Code::Invalid, "must be an object");
    }
    return result;
  }
  if (object->size() > count_max) {
    reject(Code::Invalid, fmt::format("has {} fields, at most {} are allowed", object->size(), count_max));
    return result;
  }
  for (const auto& member : *object) {
    const std::string_view key = view(member.key());
    result.emplace_back(key, JsonNode(&member.value(), fmt::format("{}.{}", place_, shortened(key)), *mistake_));
  }
  return result;
}

std::vector<JsonNode> JsonNode::items(std::size_t count_max) const {
  std::vector<JsonNode> result;
  const json::array* array = value_ == nullptr ? nullptr : value_->if_array();
  if (array == nullptr) {
    if (value_ != nullptr) {
      reject(Code::Invalid, "must be an array");
    }
    return result;
  }
  if (array->size() > count_max) {
    reject(Code::Invalid, fmt::format("has {} elements, at most {} are allowed", array->size(), count_max));
    return result;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    result.push_back(JsonNode(&(*array)[i], fmt::format("{}[{}]", place_, i), *mistake_));
  }
  return result;
}

std::string JsonNode::text(std::size_t bytes_max) const {
  if (value_ == nullptr) {
    return {};
  }
  const json::string* string = value_->if_string();
  if (string == nullptr) {
    reject(Code::Invalid, "must be a string");
    return {};
  }
  if (string->size() > bytes_max) {
    reject(Code::Invalid, fmt::format("has {} bytes, at most {} are allowed", string->size(), bytes_max));
    return {};
  }
  return {string->data(), string->size()};
}

std::uint64_t JsonNode::integer(std::uint64_t low, std::uint64_t high) const {
  if (value_ == nullptr) {
    return low;
  }
  std::optional<std::uint64_t> number;
  if (const std::int64_t* small = value_->if_int64(); small != nullptr && *small >= 0) {
    number = static_cast<std::uint64_t>(*small);
  } else if (const std::uint64_t* large = value_->if_uint64(); large != nullptr) {
    number = *large;
  }
  if (!number || *number < low || *number > high) {
    reject(Code::Invalid, fmt::format("must be an integer from {} to {}", low, high));
    return low;
  }
  return *number;
}

std::chrono::system_clock::time_point JsonNode::time() const {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (value_ == nullptr) {
    return {};
  }
  const std::string given = text(form.size());
  const auto fits = [](char expected, char c) { return expected == 'd' ? c >= '0' && c <= '9' : c == expected; };
  if (std::ranges::equal(form, given, fits)) {
    const auto part = [&given](std::size_t from, std::size_t size) {
      return number_of(std::string_view(given).substr(from, size)).value_or(0);
    };
    const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(part(0, 4))),
                                          std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2)));
    const unsigned hour = part(11, 2);
    const unsigned minute = part(14, 2);
    const unsigned second = part(17, 2);
    // The clock's nanoseconds do not reach much further.
    if (day.ok() && part(0, 4) >= 1970 && part(0, 4) < 2200 && hour < 24 && minute < 60 && second < 60) {
      return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
             std::chrono::seconds(second) + std::chrono::milliseconds(part(20, 3));
    }
  }
  reject(Code::Invalid, "must be a time such as \"2026-01-31T12:00:00.000Z\"");
  return {};
}

Digest JsonNode::digest() const {
  Digest digest{};
  const std::string given = text(digest.size() * 2);
  for (std::size_t i = 0; i < digest.size() && given.size() == digest.size() * 2; ++i) {
    std::from_chars(&given[2 * i], &given[2 * i] + 2, digest[i], 16);
  }
  if (hex(digest) != given) {
    reject(Code::Invalid, "must be 64 hexadecimal digits in lower case");
  }
  return digest;
}

void JsonNode::format(std::uint64_t known) const {
  const JsonNode given = field("format");
  if (given.integer(0, UINT64_MAX) != known) {
    given.reject(
        Code::Unsupported,
        fmt::format("this Peko knows format {} alone: a newer one may have written it, update this one", known));
  }
}

Result<JsonText> JsonText::parse(std::string_view bytes) {
  auto state = std::make_unique<State>();
  json::error_code error;
  json::parse_options options;
  options.max_depth = kDepthMax;
  state->value = json::parse(bytes, error, {}, options);
  if (error) {
    return fail(Code::Invalid, fmt::format("it is no JSON: {}", error.message()));
  }
  return JsonText(std::move(state));
}

Status JsonText::finish() const {
  if (state_->mistake) {
    return fail(*state_->mistake);
  }
  return {};
}

}  // namespace peko::code

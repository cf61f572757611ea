#include "keyvalue/check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peko::keyvalue {
namespace {

constexpr std::size_t kNameMax = 63;
constexpr std::size_t kShownMax = 60;  // bytes of a key, in a message

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_character(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

std::string shown(std::string_view key) {
  return key.size() <= kShownMax ? std::string(key) : std::string(key.substr(0, kShownMax)) + "...";
}

Status check_item(const Item& item, std::uint64_t value_bytes_max) {
  if (item.key.empty()) return fail(Code::Invalid, "a key is empty");
  if (item.key.size() > kKeyBytesMax) {
    return fail(Code::Invalid, fmt::format("the key \"{}\" has {} bytes, at most {} are allowed", shown(item.key),
                                           item.key.size(), kKeyBytesMax));
  }
  if (item.value.size() > value_bytes_max) {
    return fail(Code::Invalid,
                fmt::format("the value of \"{}\" has {} bytes, at most {} are allowed (keyvalue_value_mb "
                            "in the node's settings)",
                            shown(item.key), item.value.size(), value_bytes_max));
  }
  if (item.metadata && item.metadata->size() > kMetadataBytesMax) {
    return fail(Code::Invalid, fmt::format("the metadata of \"{}\" has {} bytes, at most {} are allowed",
                                           shown(item.key), item.metadata->size(), kMetadataBytesMax));
  }
  return {};
}

}  // namespace

Status check_store_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kNameMax && is_letter(name.front()) &&
                    std::ranges::all_of(name, is_name_character);
  if (!good) {
    return fail(Code::Invalid,
                fmt::format("\"{}\" is no name of a store: 1 to {} of A-Z, a-z, 0-9, '_' and '-', a letter first",
                            shown(name), kNameMax));
  }
  if (name == kDefaultStore || name == "KV") {
    return fail(Code::Invalid, fmt::format("\"{}\" names the store that every function has: leave it out", name));
  }
  return {};
}

Status check(const Request& request, std::uint64_t value_bytes_max) {
  if (request.items.size() > kItemsMax) {
    return fail(Code::Invalid,
                fmt::format("{} keys in one operation, at most {} are allowed", request.items.size(), kItemsMax));
  }
  for (const Item& item : request.items) {
    if (Status good = check_item(item, value_bytes_max); !good) return good;
  }
  if (request.prefix.size() > kKeyBytesMax) {
    return fail(Code::Invalid,
                fmt::format("the prefix has {} bytes, no key has more than {}", request.prefix.size(), kKeyBytesMax));
  }
  const bool lists = request.op == Op::List || request.op == Op::ListByRow;
  if (lists && (request.limit == 0 || request.limit > kListMax)) {
    return fail(Code::Invalid, fmt::format("the limit of a list is {}, it must be 1 to {}", request.limit, kListMax));
  }
  return {};
}

}  // namespace peko::keyvalue

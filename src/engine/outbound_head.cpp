#include "engine/outbound_head.hpp"

#include <algorithm>
#include <span>

#include "peko_bridge.h"

namespace peko::engine {
namespace {

std::string copy(peko_str text) { return text.size == 0 ? std::string() : std::string(text.data, text.size); }

// A day is more than any request may take, and can be added to a time without overflow.
std::chrono::nanoseconds bounded(std::uint64_t nanoseconds) {
  constexpr std::chrono::nanoseconds kMost = std::chrono::hours(24);
  return std::chrono::nanoseconds(std::min(nanoseconds, static_cast<std::uint64_t>(kMost.count())));
}

}  // namespace

OutboundHead::OutboundHead(std::uint64_t token, std::uint64_t id, const peko_outbound_head& head)
    : token(token),
      id(id),
      method(copy(head.method)),
      uri(copy(head.uri)),
      connect_timeout(bounded(head.connect_ns)),
      first_byte_timeout(bounded(head.first_byte_ns)),
      between_bytes_timeout(bounded(head.between_bytes_ns)) {
  for (const peko_field& field : std::span(head.fields, head.field_count)) {
    fields.emplace_back(copy(field.name), copy(field.value));
  }
}

}  // namespace peko::engine

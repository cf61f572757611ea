#include "engine/trace_context.hpp"

#include <algorithm>

namespace peko::engine {
namespace {

constexpr std::size_t kVersion00Size = 55;  // 00-<32 hex>-<16 hex>-<2 hex>

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() < kVersion00Size || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  if (!is_hex(version) || version == "ff" || !is_hex(trace) || !is_hex(parent) || !is_hex(text.substr(53, 2))) {
    return false;
  }
  if (is_zero(trace) || is_zero(parent)) return false;
  if (text.size() == kVersion00Size) return true;
  return version != "00" && text[kVersion00Size] == '-';
}

void TraceContext::assign(http::Fields fields) {
  clear();
  const auto given = http::find(fields, "traceparent");
  if (!given || !is_traceparent(*given)) return;
  parent = *given;
  for (const http::Field& field : fields) {  // a list, which may be spread over several fields
    if (field.name != "tracestate") continue;
    if (!state.empty()) state += ',';
    state += field.value;
  }
}

}  // namespace peko::engine

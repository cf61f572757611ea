#include "edge/server_timing.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/hash.hpp"

namespace peko::edge {

namespace {

void append_phase(std::string& text, std::string_view name, std::chrono::nanoseconds time) {
  if (!text.empty()) text += ", ";
  fmt::format_to(std::back_inserter(text), "{};dur={:.3f}", name,
                 std::chrono::duration<double, std::milli>(time).count());
}

}  // namespace

bool wants_timing(http::Fields request_fields, const TimingPolicy& policy) {
  if (policy.whom == TimingPolicy::For::Everybody) return true;
  if (policy.admin_token.empty() || http::find(request_fields, "peko-timing") != "1") return false;
  return same_secret(http::find(request_fields, "peko-admin-token").value_or(""), policy.admin_token);
}

std::string server_timing(const Phases& phases) {
  std::string text;
  if (phases.fetch.count() > 0) append_phase(text, "fetch", phases.fetch);
  if (phases.load.count() > 0) append_phase(text, "load", phases.load);
  if (phases.queue.count() > 0) append_phase(text, "queue", phases.queue);
  if (phases.cold != pool::ColdReason::None) {
    append_phase(text, "instantiate", phases.instantiate);
    text.append(";desc=").append(pool::to_string(phases.cold));
  }
  append_phase(text, "handler", phases.handler);
  return text;
}

}  // namespace peko::edge

/// PEKO_ASSERT(condition, "why it must hold"): a check of our own logic, on in every build. Never for input.
#pragma once

namespace peko {

/// Prints where and why, then aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace peko

#define PEKO_ASSERT(condition, why) \
  (static_cast<bool>(condition) ? void(0) : ::peko::assertion_failed(#condition, why, __FILE__, __LINE__))

#include "engine/cpu.hpp"

namespace peko::engine {

Status check_cpu() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("x86-64-v3")) {
    return fail(Code::Unsupported, "this CPU is older than x86-64-v3 (AVX2, BMI2, FMA), which compiled functions need");
  }
#endif
  return {};
}

}  // namespace peko::engine

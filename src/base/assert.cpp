#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace peko {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s: %s (this is a bug in Peko)\n", file, line, condition, why);
  std::abort();
}

}  // namespace peko

/// NoThreads: a system that has no more threads, for tests.
#pragma once

#include <pthread.h>

#include <cstddef>

#include "base/assert.hpp"

namespace peko {

/// While it lives, no thread can be started in this process: the stack that each would have fits into no address space.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t huge;
    const bool set = ::pthread_getattr_default_np(&before_) == 0 && ::pthread_attr_init(&huge) == 0 &&
                     ::pthread_attr_setstacksize(&huge, kStackBytes) == 0 && ::pthread_setattr_default_np(&huge) == 0;
    PEKO_ASSERT(set, "glibc takes every size of stacks");
  }
  ~NoThreads() { ::pthread_setattr_default_np(&before_); }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  static constexpr std::size_t kStackBytes = std::size_t{1} << 50;
  pthread_attr_t before_{};
};

}  // namespace peko

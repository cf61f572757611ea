/// Instance: an idle warm instance of a component.
#pragma once

#include <memory>

struct peko_instance;

namespace peko::engine {

/// Where instances go that nobody wants any more; the Reaper, or a counting fake in tests. Any thread.
class Disposal {
 public:
  virtual void dispose(peko_instance* instance) = 0;

 protected:
  ~Disposal() = default;
};

/// Owned by one loop at a time. Its destructor hands it to the disposal, because freeing costs tens of microseconds.
class Instance {
 public:
  Instance(peko_instance* handle, Disposal& disposal) : handle_(handle, Free{&disposal}) {}

  /// Gives the bridge its handle back: an invocation consumes it.
  peko_instance* release() { return handle_.release(); }

 private:
  struct Free {
    Disposal* disposal;
    void operator()(peko_instance* handle) const { disposal->dispose(handle); }
  };
  std::unique_ptr<peko_instance, Free> handle_;
};

}  // namespace peko::engine

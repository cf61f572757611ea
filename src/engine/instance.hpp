/// Instance: an idle warm instance of a component.
#pragma once

#include <cstdint>
#include <memory>

struct peko_instance;

namespace peko::engine {

/// Where instances go that nobody wants any more; the Reaper, or a counting fake in tests. Any thread.
class Disposal {
 public:
  /// Frees it soon, on a thread for that.
  virtual void dispose(peko_instance* instance) = 0;
  /// Frees it on this thread before it returns.
  virtual void free(peko_instance* instance) = 0;

 protected:
  ~Disposal() = default;
};

/// What all instances of the process hold, running ones and those that wait for the reaper included; the Runtime, or a
/// fake in tests. Any thread.
class MemoryMeter {
 public:
  virtual std::uint64_t memory_bytes() const = 0;

 protected:
  ~MemoryMeter() = default;
};

/// Owned by one loop at a time. Its destructor hands it to the disposal, because freeing may take milliseconds.
class Instance {
 public:
  struct Age {
    std::uint32_t uses = 0;          ///< calls that it has served
    std::uint64_t memory_bytes = 0;  ///< memories and tables after the last one
  };

  Instance(peko_instance* handle, Disposal& disposal, Age age) : handle_(handle, Free{&disposal}), age_(age) {}

  /// Gives the bridge its handle back: an invocation consumes it.
  peko_instance* release() { return handle_.release(); }
  /// Frees it here: for a small one that takes some microseconds, less than to hand it to another thread.
  void free() { handle_.get_deleter().disposal->free(handle_.release()); }
  [[nodiscard]] std::uint32_t uses() const { return age_.uses; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return age_.memory_bytes; }

 private:
  struct Free {
    Disposal* disposal;
    void operator()(peko_instance* handle) const { disposal->dispose(handle); }
  };
  std::unique_ptr<peko_instance, Free> handle_;
  Age age_;
};

}  // namespace peko::engine

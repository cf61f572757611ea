/// Waiter: who waits for a lease.
#pragma once

#include <list>

namespace peko::pool {

class Lease;
class Shelf;

/// Derive from it; WarmPool::wait queues it, and it leaves the queue by granted(), give_up or leave. On one loop.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 protected:
  ~Waiter() = default;
  /// It is its turn, and it is not queued any more. Must not call the pool from here.
  virtual void granted(Lease lease) = 0;

 private:
  friend class WarmPool;
  Shelf* shelf_ = nullptr;  // null: not queued
  std::list<Waiter*>::iterator place_;
};

}  // namespace peko::pool

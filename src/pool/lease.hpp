/// Lease: the permission to run one call, with a warm instance or the permission to make a fresh one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/instance.hpp"

namespace peko::pool {

/// Why an instance had to be made: label of peko_cold_starts_total, and in the request log.
enum class ColdReason : std::uint8_t {
  None,         ///< it was warm
  First,        ///< the version had none on this loop yet
  ScaleOut,     ///< all it has are busy
  Evicted,      ///< its last one made room for another function
  Idle,         ///< its last one was unused for too long
  Trap,         ///< its last one ended by a fault
  NotReusable,  ///< its last one could not be kept, or serves one call only
  NewVersion,   ///< the version has just taken over from another one
};
inline constexpr std::size_t kColdReasons = 8;

std::string_view to_string(ColdReason reason);

class Shelf;

/// Ends by WarmPool::give_back or its destructor (the instance is gone then). The pool outlives it.
class Lease {
 public:
  Lease(Shelf& shelf, std::optional<engine::Instance> instance, ColdReason reason);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  [[nodiscard]] ColdReason cold() const { return cold_; }
  /// The warm instance, once.
  std::optional<engine::Instance> take() { return std::exchange(instance_, std::nullopt); }

  /// A fresh instance is being made: it counts against the node's budget of cold starts.
  [[nodiscard]] bool starting() const { return starting_; }
  /// It has been made, or its maker waits for something: others may start.
  void started();

 private:
  friend class WarmPool;
  void end_start();

  Shelf* shelf_;
  std::optional<engine::Instance> instance_;
  ColdReason cold_;
  bool starting_ = false;
};

}  // namespace peko::pool

/// StoreStats: what a node counts about its code store.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace peko::node {

/// What came out of the store and was not used.
enum class Refused : std::uint8_t {
  Component,  ///< its bytes have another hash
  Artifact,   ///< its signature is not of this node's key
  Record,     ///< a pointer, a version record or settings that cannot be read
  Secret,     ///< cannot be opened with this node's key
  Asset,      ///< a static file, or the index of them: has another hash
};
inline constexpr std::array<std::string_view, 5> kRefusedKinds{"component", "artifact", "record", "secret", "asset"};

/// Any thread.
class StoreStats {
 public:
  static constexpr std::size_t kCodes = static_cast<std::size_t>(Code::Internal) + 1;

  void count_error(Code code) { errors_[static_cast<std::size_t>(code)].fetch_add(1, std::memory_order_relaxed); }
  void count_refused(Refused what) { refused_[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed); }
  void count_failed_load() { failed_loads_.fetch_add(1, std::memory_order_relaxed); }
  /// The store was listed, or could not be.
  void set_up(bool up) { up_.store(up, std::memory_order_relaxed); }
  void checked(std::chrono::steady_clock::time_point at) {
    checked_.store(at.time_since_epoch(), std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t errors(std::size_t code) const { return errors_[code].load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused(std::size_t what) const { return refused_[what].load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused_total() const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < refused_.size(); ++i) total += refused(i);
    return total;
  }
  [[nodiscard]] std::uint64_t failed_loads() const { return failed_loads_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool up() const { return up_.load(std::memory_order_relaxed); }
  /// When a listing last succeeded; the clock's epoch: never.
  [[nodiscard]] std::chrono::steady_clock::time_point checked() const {
    return std::chrono::steady_clock::time_point(checked_.load(std::memory_order_relaxed));
  }

 private:
  std::array<std::atomic<std::uint64_t>, kCodes> errors_{};
  std::array<std::atomic<std::uint64_t>, kRefusedKinds.size()> refused_{};
  std::atomic<std::uint64_t> failed_loads_ = 0;
  std::atomic<bool> up_ = false;
  std::atomic<std::chrono::steady_clock::duration> checked_{};
};

}  // namespace peko::node

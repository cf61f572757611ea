/// Usage: what functions do with their key-value stores, for operators.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "keyvalue/store.hpp"

namespace peko::keyvalue {

/// What metrics call the operations. Both ways to list are one.
inline constexpr std::array<std::string_view, 7> kOperationNames = {"get",  "exists",    "set", "delete",
                                                                    "list", "increment", "swap"};

/// Of one store of a function, since the node's start. Any thread.
class Usage {
 public:
  static constexpr std::size_t kCodes = static_cast<std::size_t>(Code::Internal) + 1;

  Usage(std::string function, std::string store) : function_(std::move(function)), store_(std::move(store)) {}

  void count(Op op);
  void count_error(Code code) { errors_[static_cast<std::size_t>(code)].fetch_add(1, std::memory_order_relaxed); }
  void set_bytes(std::uint64_t bytes) { bytes_.store(bytes, std::memory_order_relaxed); }
  void set_quota(std::uint64_t bytes) { quota_bytes_.store(bytes, std::memory_order_relaxed); }

  [[nodiscard]] const std::string& function() const { return function_; }
  [[nodiscard]] const std::string& store() const { return store_; }
  /// `operation`: a place in kOperationNames.
  [[nodiscard]] std::uint64_t operations(std::size_t operation) const {
    return operations_[operation].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t errors(std::size_t code) const { return errors_[code].load(std::memory_order_relaxed); }
  /// What it holds, as its quota counts it; 0: nothing, or it is not known yet.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t quota_bytes() const { return quota_bytes_.load(std::memory_order_relaxed); }

 private:
  const std::string function_;
  const std::string store_;
  std::array<std::atomic<std::uint64_t>, kOperationNames.size()> operations_{};
  std::array<std::atomic<std::uint64_t>, kCodes> errors_{};
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> quota_bytes_ = 0;
};

/// Of all stores that were used since the node's start: as many as functions and the stores that their manifests name.
/// Any thread.
class UsageTable {
 public:
  /// Made at the first call; stays where it is as long as the table.
  Usage& of(const std::string& function, const std::string& store);
  /// By function, then by store.
  [[nodiscard]] std::vector<const Usage*> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Usage> usages_;  // under mutex_
};

}  // namespace peko::keyvalue

/// Keeps the entries of the local cache below a bound: what has not been used for longest goes first.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>

namespace peko::code {

/// Shared by threads. It keeps no index that could be wrong: the files are the truth. They are counted after the first
/// entry is kept, when the bound seems to be reached, and after each sixteenth of the bound (other processes add to the
/// same folder): of 100,000 that takes a third of a second of CPU and 30 MB for as long. Last use is a file's
/// modification time, which readers renew (CacheFolder).
class CacheSpace {
 public:
  /// Of `<root>/components`, `<root>/artifacts/*` and `<root>/remembered/*`. Other files there are not touched.
  CacheSpace(std::filesystem::path root, std::uint64_t bytes_max);

  /// `entry` (below the root) was written. May count the files and remove the oldest, down to nine tenths of the bound,
  /// but never `entry`. What cannot be removed stays: the cache is no reason to fail.
  void added(const std::filesystem::path& entry, std::uint64_t bytes);

  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  void measure(const std::filesystem::path& newest);

  std::filesystem::path root_;
  std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_ = 0;
  std::atomic<std::uint64_t> since_measured_;
  std::mutex measuring_;  // one thread measures, the others go on
};

}  // namespace peko::code

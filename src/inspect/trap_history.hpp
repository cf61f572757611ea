/// TrapHistory: the last reports of where functions failed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/trap_report.hpp"

namespace peko::inspect {

struct KeptTrap {
  edge::TrapReport report;
  std::chrono::system_clock::time_point time;
};

/// Bounded, the oldest goes. Any thread: a failure costs far more than its lock.
class TrapHistory {
 public:
  static constexpr std::size_t kReportsMax = 512;
  static constexpr std::size_t kBytesMax = std::size_t{2} << 20U;

  void add(const edge::TrapReport& report, std::chrono::system_clock::time_point now);
  [[nodiscard]] std::optional<KeptTrap> find(std::string_view request_id) const;
  /// How many there have been.
  [[nodiscard]] std::uint64_t count() const;
  /// Those since `from`, which becomes the number of the next one; of one function, or of all when it is empty.
  std::vector<KeptTrap> after(std::uint64_t& from, std::string_view function) const;

 private:
  mutable std::mutex mutex_;
  // Under the mutex:
  std::deque<KeptTrap> kept_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace peko::inspect

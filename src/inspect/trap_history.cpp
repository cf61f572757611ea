#include "inspect/trap_history.hpp"

#include <algorithm>

namespace peko::inspect {

namespace {

std::size_t bytes_of(const edge::TrapReport& report) {
  std::size_t bytes =
      sizeof(KeptTrap) + report.function.capacity() + report.request_id.capacity() + report.cause.capacity();
  for (const std::string& frame : report.frames) bytes += sizeof(std::string) + frame.capacity();
  return bytes;
}

}  // namespace

void TrapHistory::add(const edge::TrapReport& report, std::chrono::system_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  kept_.push_back({.report = report, .time = now});
  bytes_ += bytes_of(kept_.back().report);
  count_++;
  while (kept_.size() > kReportsMax || (bytes_ > kBytesMax && kept_.size() > 1)) {
    bytes_ -= bytes_of(kept_.front().report);
    kept_.pop_front();
  }
}

std::optional<KeptTrap> TrapHistory::find(std::string_view request_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(
      kept_, request_id, [](const KeptTrap& trap) -> const std::string& { return trap.report.request_id; });
  return found == kept_.end() ? std::nullopt : std::optional(*found);
}

std::uint64_t TrapHistory::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::vector<KeptTrap> TrapHistory::after(std::uint64_t& from, std::string_view function) const {
  const std::lock_guard lock(mutex_);
  std::vector<KeptTrap> traps;
  const std::uint64_t first = count_ - kept_.size();
  for (std::uint64_t number = std::max(from, first); number < count_; number++) {
    const KeptTrap& trap = kept_[number - first];
    if (function.empty() || trap.report.function == function) traps.push_back(trap);
  }
  from = count_;
  return traps;
}

}  // namespace peko::inspect

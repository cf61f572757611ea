/// Deadlines: many, cheap to move, coarse.
///
/// A server sets a deadline per connection and per request and nearly never lets one expire. So moving a deadline later
/// is one store: the wheel looks again when the old time comes (hashed timing wheel with lazy re-insertion; Varghese
/// and Lauck 1987).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace peko::net {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

class DeadlineWheel;

/// Derive from it, arm it at the loop's wheel. Lives on one loop; the destructor disarms. Never fires early; fires at
/// most two ticks of the wheel (kTick) late when the loop is not busy.
class Deadline {
 public:
  Deadline() = default;
  virtual ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Arms or moves it.
  void arm(DeadlineWheel& wheel, TimePoint at);
  void disarm() { armed_ = false; }
  [[nodiscard]] bool armed() const { return armed_; }

 protected:
  /// The time has come; it is disarmed already and may be armed again or destroyed from here.
  virtual void expired() = 0;

 private:
  friend class DeadlineWheel;

  TimePoint at_{};
  bool armed_ = false;
  DeadlineWheel* wheel_ = nullptr;  // the wheel it is linked in; a disarmed one stays until its slot is looked at
  TimePoint slot_at_{};             // when its slot is looked at; at_ may be later
  Deadline* next_ = nullptr;
  Deadline* prev_ = nullptr;
};

/// The deadlines of one loop. Outlives what is armed in it, or is destroyed with it on the same thread.
class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{5};
  static constexpr std::size_t kSlots = 1024;

  explicit DeadlineWheel(TimePoint now);
  ~DeadlineWheel();
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// Fires what is due.
  void advance(TimePoint now);
  /// How long the loop may sleep: until the next non-empty slot, at most `most`.
  [[nodiscard]] Duration next_wait(TimePoint now, Duration most) const;

 private:
  friend class Deadline;
  static constexpr std::size_t kWordBits = 64;

  void link(Deadline& deadline);
  void unlink(Deadline& deadline);
  void look_at(std::size_t slot, TimePoint now);

  std::array<Deadline*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / kWordBits>
      occupied_{};  // one bit a slot, so that next_wait need not walk the slots
  std::size_t linked_ = 0;
  TimePoint current_;  // the time of the slot to look at next; a multiple of kTick
};

}  // namespace peko::net

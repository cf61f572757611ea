#include "net/deadline.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace peko::net {
namespace {

constexpr Duration kTick = DeadlineWheel::kTick;

TimePoint tick_at_or_after(TimePoint at) {
  const Duration since = at.time_since_epoch();
  return TimePoint((since + kTick - Duration(1)) / kTick * kTick);
}

std::size_t slot_of(TimePoint tick) {
  return static_cast<std::size_t>(tick.time_since_epoch() / kTick) % DeadlineWheel::kSlots;
}

}  // namespace

Deadline::~Deadline() {
  if (wheel_) wheel_->unlink(*this);
}

void Deadline::arm(DeadlineWheel& wheel, TimePoint at) {
  at_ = at;
  armed_ = true;
  if (wheel_) {
    PEKO_ASSERT(wheel_ == &wheel, "a deadline lives on one loop");
    if (slot_at_ <= at) return;
    wheel.unlink(*this);
  }
  wheel.link(*this);
}

DeadlineWheel::DeadlineWheel(TimePoint now) : current_(tick_at_or_after(now)) {}

DeadlineWheel::~DeadlineWheel() {
  for (Deadline* head : slots_) {
    while (head) {
      Deadline* const next = head->next_;
      head->armed_ = false;
      head->wheel_ = nullptr;
      head->next_ = head->prev_ = nullptr;
      head = next;
    }
  }
}

void DeadlineWheel::link(Deadline& deadline) {
  // One slot short of the whole turn, so that nothing is linked into the slot that is being emptied.
  const TimePoint last = current_ + kTick * static_cast<Duration::rep>(kSlots - 2);
  deadline.slot_at_ = deadline.at_ >= last ? last : std::max(tick_at_or_after(deadline.at_), current_);
  const std::size_t slot = slot_of(deadline.slot_at_);
  deadline.wheel_ = this;
  deadline.prev_ = nullptr;
  deadline.next_ = slots_[slot];
  if (deadline.next_) deadline.next_->prev_ = &deadline;
  slots_[slot] = &deadline;
  occupied_[slot / kWordBits] |= std::uint64_t{1} << (slot % kWordBits);
  ++linked_;
}

void DeadlineWheel::unlink(Deadline& deadline) {
  if (deadline.next_) deadline.next_->prev_ = deadline.prev_;
  if (deadline.prev_) {
    deadline.prev_->next_ = deadline.next_;
  } else {
    const std::size_t slot = slot_of(deadline.slot_at_);
    slots_[slot] = deadline.next_;
    if (!deadline.next_) occupied_[slot / kWordBits] &= ~(std::uint64_t{1} << (slot % kWordBits));
  }
  deadline.next_ = deadline.prev_ = nullptr;
  deadline.wheel_ = nullptr;
  --linked_;
}

void DeadlineWheel::advance(TimePoint now) {
  if (linked_ == 0) {
    current_ = std::max(current_, tick_at_or_after(now));
    return;
  }
  // After a long sleep each slot is looked at once.
  const Duration turn = kTick * static_cast<Duration::rep>(kSlots);
  if (now - current_ >= turn) current_ = tick_at_or_after(now - turn);
  while (current_ <= now) {
    const std::size_t slot = slot_of(current_);
    current_ += kTick;
    if (slots_[slot]) look_at(slot, now);
  }
}

void DeadlineWheel::look_at(std::size_t slot, TimePoint now) {
  // From the head each time: expired() may destroy any deadline, also of this slot.
  while (Deadline* const deadline = slots_[slot]) {
    unlink(*deadline);
    if (!deadline->armed_) continue;
    if (deadline->at_ > now) {
      link(*deadline);
    } else {
      deadline->armed_ = false;
      deadline->expired();
    }
  }
}

Duration DeadlineWheel::next_wait(TimePoint now, Duration most) const {
  if (linked_ == 0) return most;
  const std::size_t first = slot_of(current_);
  constexpr std::size_t kWords = kSlots / kWordBits;
  for (std::size_t step = 0; step <= kWords; ++step) {
    const std::size_t word = (first / kWordBits + step) % kWords;
    std::uint64_t bits = occupied_[word];
    const std::uint64_t from_first = ~std::uint64_t{0} << (first % kWordBits);
    if (step == 0) bits &= from_first;
    if (step == kWords) bits &= ~from_first;
    if (bits == 0) continue;
    const std::size_t slot = word * kWordBits + static_cast<std::size_t>(std::countr_zero(bits));
    const auto ticks = static_cast<Duration::rep>((slot + kSlots - first) % kSlots);
    return std::clamp(current_ + kTick * ticks - now, Duration::zero(), most);
  }
  return most;
}

}  // namespace peko::net

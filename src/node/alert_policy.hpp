/// AlertPolicy: when a number that should not grow is worth a message.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace peko::node {

/// An incident begins when the number grows and ends when it has not grown for kQuiet. It is told at once, told again
/// each kRepeat while it lasts, and its end is told too. However often incidents begin, no two of these messages come
/// within kRepeat: an incident that begins sooner is told later, with all that it has counted. Pure; time is an input.
class AlertPolicy {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Wall = std::chrono::system_clock::time_point;

  static constexpr std::chrono::minutes kRepeat{5};
  static constexpr std::chrono::minutes kQuiet{1};

  struct Notice {
    enum class State : std::uint8_t { Firing, Resolved } state;
    Wall since;           ///< when the number began to grow
    std::uint64_t count;  ///< by how much it has grown since then
  };

  /// The number is `total` now. Call it about once a second; the first number that grows from is 0.
  std::optional<Notice> observe(std::uint64_t total, Steady now, Wall wall);

 private:
  std::uint64_t total_ = 0;
  bool open_ = false;  // an incident has begun and not ended
  bool told_ = false;  // somebody knows of it
  Wall since_;
  std::uint64_t count_ = 0;
  Steady grown_at_;
  std::optional<Steady> fired_at_;
};

}  // namespace peko::node

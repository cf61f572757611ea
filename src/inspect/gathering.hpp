/// Gathering: one question to all loops of a node, and what they answered.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "inspect/loops.hpp"
#include "net/deadline.hpp"
#include "net/loop.hpp"

namespace peko::inspect {

/// Lives on the loop of whoever asks, its `home`. A loop that does not answer in time is left out: no question waits
/// for ever, and no loop waits for a question.
template <typename Part>
class Gathering final : public std::enable_shared_from_this<Gathering<Part>>, private net::Deadline {
 public:
  static constexpr std::chrono::seconds kPatience{2};
  /// Called on the loop that is asked: its number, and what is to be looked at there.
  using Ask = std::function<Part(std::size_t loop, const edge::Edge&)>;
  /// Called at home, once: by loop, nothing where it did not answer. May let go of the gathering.
  using Done = std::move_only_function<void(std::vector<std::optional<Part>> parts)>;

  /// Asks. Nothing happens any more once what is returned has gone. `home` outlives all loops' threads.
  static std::shared_ptr<Gathering> begin(net::Loop& home, Loops& loops, const Ask& ask, Done done) {
    std::shared_ptr<Gathering> gathering(new Gathering(loops.size(), std::move(done)));
    gathering->arm(home.deadlines(), home.now() + kPatience);
    for (std::size_t i = 0; i < loops.size(); i++) {
      loops.visit(i, [i, &home, ask, weak = std::weak_ptr(gathering)](const edge::Edge& edge) {
        home.post([i, weak, part = ask(i, edge)]() mutable {
          if (const auto waiting = weak.lock()) waiting->take(i, std::move(part));
        });
      });
    }
    return gathering;
  }

 private:
  Gathering(std::size_t loops, Done done) : parts_(loops), left_(loops), done_(std::move(done)) {}

  void take(std::size_t loop, Part part) {
    if (!done_) return;
    parts_[loop] = std::move(part);
    if (--left_ == 0) finish();
  }
  void expired() override {
    const auto self = this->shared_from_this();
    finish();
  }
  void finish() {
    this->disarm();
    std::exchange(done_, nullptr)(std::move(parts_));
  }

  std::vector<std::optional<Part>> parts_;
  std::size_t left_;
  Done done_;
};

}  // namespace peko::inspect

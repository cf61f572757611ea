/// A build that another thread can stop, and whose output somebody hears as it comes.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "cli/build_child.hpp"

namespace peko::cli {

/// A wish to stop, that a waiting thread can see. stop() on any thread.
class StopWish {
 public:
  StopWish();
  void stop();
  /// Readable from the wish on.
  [[nodiscard]] int descriptor() const { return reading_.get(); }
  [[nodiscard]] bool stopped() const;

 private:
  UniqueFd reading_;
  UniqueFd writing_;
};

/// Runs it and waits; `plan.output` and `plan.errors` are not used: `on_output` gets both, in pieces, on this thread.
/// When `stop` is wished the whole group is told to end, and what has not done so after half a second is killed:
/// Unavailable. Errors otherwise as run_build. Any number at a time.
Status run_build_until(BuildPlan plan, const StopWish& stop, const std::function<void(std::string_view)>& on_output);

}  // namespace peko::cli

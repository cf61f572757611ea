/// Refresher: "look now", for deployers who do not want to wait for the next look at the store.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace peko::node {

struct Refreshed {
  std::optional<Error> error;       ///< the store could not be looked at
  std::vector<std::string> failed;  ///< functions whose newest state could not be loaded
};

/// Any thread.
class Refresher {
 public:
  virtual ~Refresher() = default;
  /// Looks at the store as soon as it can; `done` is called when all that has changed by then serves, or failed. On any
  /// thread; never when the node stops before.
  virtual void refresh(std::function<void(Refreshed)> done) = 0;
  /// The functions that are being loaded just now.
  [[nodiscard]] virtual std::vector<std::string> under_way() const = 0;
};

}  // namespace peko::node

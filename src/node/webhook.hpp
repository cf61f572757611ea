/// Webhook: messages for a URL of the operator.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::node {

/// Somebody who takes messages.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Hands over one JSON text. Blocks. Unavailable: it did not take it now; Denied: it never will.
  virtual Status post(std::string_view json) = 0;
};

/// Posts to an http or https URL, which is a secret: no error shows it. Follows no redirects; verifies https against
/// the system's certificates. One thread at a time.
class Webhook final : public Receiver {
 public:
  /// `stop`: ends a post that is under way as soon as it is true; outlives it.
  Webhook(std::string url, const std::atomic<bool>& stop);
  ~Webhook() override = default;

  Status post(std::string_view json) override;

 private:
  const std::string url_;
  const std::atomic<bool>& stop_;
};

}  // namespace peko::node

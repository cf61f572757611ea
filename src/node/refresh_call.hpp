/// RefreshCall: one `POST /api/refresh`, from the question to its answer.
#pragma once

#include <memory>

#include "http/exchange.hpp"
#include "net/deadline.hpp"
#include "net/loop.hpp"
#include "node/refresher.hpp"

namespace peko::node {

/// Lives on the admin loop. Answers 200 when all that had changed serves or failed, 202 when that is not so after
/// kPatience, 503 when the store could not be looked at.
class RefreshCall final : private net::Deadline {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  /// Asks `refresher`; both references outlive the exchange. Keep what is returned until it is answered, or abort it.
  static std::shared_ptr<RefreshCall> begin(http::Exchange& exchange, net::Loop& loop, Refresher& refresher);

  [[nodiscard]] bool answered() const { return exchange_ == nullptr; }
  /// The node stops.
  void abort();

 private:
  RefreshCall(http::Exchange& exchange, Refresher& refresher) : exchange_(&exchange), refresher_(refresher) {}

  void expired() override;
  void answer(unsigned status, const Refreshed& refreshed);

  http::Exchange* exchange_;  // null: answered
  Refresher& refresher_;
};

}  // namespace peko::node

/// Admin: where the operator and the operator's programs ask: metrics, health, functions and what they did, "look at
/// the store now".
///
/// On a thread of its own, so that busy guests delay neither a health check nor a scrape. Small on purpose: a listener
/// for a handful of programs, not for users.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "http/server.hpp"
#include "inspect/inspector.hpp"
#include "inspect/page.hpp"
#include "inspect/reply.hpp"
#include "net/loop.hpp"
#include "node/node_view.hpp"
#include "node/recent_counts.hpp"
#include "node/refresh_call.hpp"

namespace peko::node {

/// The pages, on the admin loop. All but /healthz and the inspector's page, which has no data, need the token when
/// there is one; without one, the request's host must be an address or localhost, so that no web page can read it
/// through a name that leads here (DNS rebinding). What a page of another site asks for is refused in any case.
class AdminPages final : public http::Handler {
 public:
  /// All outlive it.
  AdminPages(net::Loop& loop, const NodeStatus& status, const LogSink& log, const Clock& clock, std::string token);
  virtual ~AdminPages() = default;

  void handle(http::Exchange& exchange) override;
  http::RejectionResponse reject(http::Rejection rejection, std::string_view detail) override;
  /// Ends what waits.
  void stop();

 private:
  using Reply = inspect::Reply;
  Reply answer(const http::RequestHead& head) const;
  Reply health_or_metrics(std::string_view path) const;
  Reply functions(std::string_view query) const;
  /// Why it is not answered, if it is not.
  [[nodiscard]] std::optional<Reply> refusal(const http::RequestHead& head) const;
  [[nodiscard]] bool has_token(const http::RequestHead& head) const;
  /// Whether it is asked of the loops; then somebody answers later.
  bool ask_loops(http::Exchange& exchange);
  void ask_function(http::Exchange& exchange, std::string_view name);
  /// Whether it is a refresh that may begin; then somebody answers later.
  bool refresh(http::Exchange& exchange);

  net::Loop& loop_;
  const NodeStatus& status_;
  const LogSink& log_;
  const std::string token_;
  const inspect::Page page_ = inspect::make_page();
  RecentCounts recent_;
  inspect::Inspector inspector_;
  std::string rejection_;
  std::vector<std::shared_ptr<RefreshCall>> refreshing_;  // as many as connections at the most
};

class Admin {
 public:
  /// Listens on `address` and answers on a thread of its own. Invalid: not an address, or not a loopback one and no
  /// token; Unavailable: somebody else listens there; the other errors of http::Server. The references outlive it.
  static Result<std::unique_ptr<Admin>> start(const std::string& address, std::string token, const NodeStatus& status,
                                              const LogSink& log, const Clock& clock);
  /// Ends what is under way.
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  /// With the real port.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Admin(std::unique_ptr<net::Loop> loop, const NodeStatus& status, const LogSink& log, const Clock& clock,
        std::string token);

  std::unique_ptr<net::Loop> loop_;
  AdminPages pages_;
  std::unique_ptr<http::Server> server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace peko::node

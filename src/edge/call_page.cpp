// What a Call tells a developer's browser when it fails.
#include <utility>

#include "edge/call.hpp"
#include "edge/edge.hpp"

namespace peko::edge {

namespace {

// More are not looked through.
constexpr std::size_t kHostsMax = 100;

// Where the functions of a router answer, with the port that the client asked at.
std::vector<std::string> hosts_of(const Router& router, std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  std::vector<std::string> hosts;
  for (Router::Target target = 0; target < router.targets() && hosts.size() < kHostsMax; ++target) {
    if (const std::string_view name = router.name(target); !name.empty())
      hosts.emplace_back(name).append(router.suffix()).append(port);
  }
  return hosts;
}

}  // namespace

std::string_view Call::accept() const {
  return in_handle_ ? http::find(exchange_->head().fields, "accept").value_or("") : std::string_view(accept_);
}

bool Call::shows_page() const {
  return may_show_page_ && exchange_ != nullptr && !head_sent_ && preferred_format(accept()) == BodyFormat::Html;
}

bool Call::is_for_page(std::string_view field) const {
  return edge_.dev_ != nullptr && field == kLiveReloadField && edge_.dev_->is_live(*exchange_);
}

std::move_only_function<void(TrapReport)> Call::await_report() {
  awaited_ = std::make_shared<AwaitedReport>();
  return edge_.dev_->teller(awaited_);
}

void Call::show_page(http::Exchange& exchange, Fault fault, std::string_view detail) {
  FailedRequest failed{.fault = fault,
                       .request_id = std::string(id_.view()),
                       .method = method_,
                       .target = target_,
                       .detail = std::string(detail),
                       .log = std::move(said_)};
  if (shelf_ != nullptr) {
    failed.function = shelf_->version().function;
  } else if (function_ != nullptr) {
    failed.function = function_->name;
  } else if (in_handle_) {
    failed.hosts = hosts_of(*edge_.router_, exchange.head().authority);
  }
  const bool serves = shelf_ != nullptr && shelf_->version().component != nullptr;
  if (!serves) failed.problem = edge_.dev_->problem(failed.function);
  status_ = info(fault).status;
  edge_.tasks_.spawn(edge_.dev_->show(exchange, std::move(failed), std::exchange(awaited_, nullptr)));
}

}  // namespace peko::edge

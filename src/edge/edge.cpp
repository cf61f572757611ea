#include "edge/edge.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "net/address.hpp"

namespace peko::edge {

namespace {

constexpr std::string_view kReserved = "/.peko/";
constexpr std::string_view kHealth = "/.peko/health";
constexpr std::chrono::seconds kClockReadInterval{1};

}  // namespace

Edge::Edge(const EdgeParts& parts, LogStyle style)
    : loop_(parts.loop),
      worker_(parts.worker),
      pool_(parts.pool),
      router_(parts.router),
      sink_(parts.log),
      log_(parts.log),
      clock_(parts.clock),
      http_limits_(parts.http),
      style_(style),
      timing_(parts.timing),
      traps_(parts.traps),
      fault_detail_(parts.fault_detail),
      dev_(parts.dev != nullptr ? std::make_unique<DevPages>(parts.loop, *parts.dev) : nullptr),
      history_(parts.history),
      functions_(parts.pool, metrics_, parts.source),
      asset_source_(parts.assets),
      random_(Random::from_entropy()),
      ids_(Random::from_entropy()),
      tasks_(parts.loop) {
  functions_.route(*router_);
}

Edge::~Edge() = default;

Call& Edge::idle_call() {
  if (idle_calls_.empty()) {
    idle_calls_.reserve(calls_.size() + 1);
    idle_calls_.push_back(calls_.emplace_back(std::make_unique<Call>(*this)).get());
  }
  Call& call = *idle_calls_.back();
  idle_calls_.pop_back();
  return call;
}

void Edge::handle(http::Exchange& exchange) {
  if (exchange.head().target.starts_with(kReserved)) {
    answer_reserved(exchange);
  } else if (dev_ != nullptr) {
    Call& call = idle_call();
    call.may_show_page(knows_host(exchange));
    tasks_.spawn(call.run(live(exchange)));
  } else {
    tasks_.spawn(idle_call().run(exchange));
  }
}

// A developer's pages show source code. A page of another site may have let its own host lead here (DNS rebinding).
bool Edge::knows_host(const http::Exchange& exchange) const {
  return net::is_numeric(exchange.head().authority) || router_->has_host(exchange.head().authority);
}

http::Exchange& Edge::live(http::Exchange& exchange) {
  if (!knows_host(exchange)) return exchange;
  const std::optional<Router::Match> match = router_->find(exchange.head().authority, exchange.head().target);
  return match ? dev_->live(exchange, router_->name(match->function)) : exchange;
}

// The paths that are Peko's on every host: the health check of load balancers, and in `peko dev` those of live reload.
void Edge::answer_reserved(http::Exchange& exchange) {
  const std::string_view target = exchange.head().target;
  if (dev_ != nullptr && knows_host(exchange) && dev_->answer(exchange, target)) return;
  if (target.substr(0, target.find('?')) != kHealth) {
    const RequestIdText id = to_text(ids_.next(wall_now()));
    ErrorResponse response(Fault::NoFunction, id.view(), "Paths under /.peko/ are Peko's own.",
                           preferred_format(http::find(exchange.head().fields, "accept").value_or("")));
    exchange.send_head({.status = response.status(), .fields = response.fields()});
    exchange.write(response.take_body());
  } else {
    const std::string_view body = draining_ ? "draining\n" : "ok\n";
    const std::array<http::Field, 3> fields{
        {{"content-type", "text/plain"}, {"content-length", draining_ ? "9" : "3"}, {"cache-control", "no-store"}}};
    exchange.send_head({.status = draining_ ? 503U : 200U, .fields = fields});
    exchange.write(http::Chunk(body));
  }
  exchange.finish();
}

http::RejectionResponse Edge::reject(http::Rejection rejection, std::string_view detail) {
  const Fault fault = fault_of(rejection);
  rejection_id_ = to_text(ids_.next(wall_now()));
  rejection_detail_ = detail;
  if (rejection == http::Rejection::UriTooLong) {
    rejection_detail_ += fmt::format(": used more than {} bytes", http_limits_.target_bytes_max);
  } else if (rejection == http::Rejection::HeadersTooLarge) {
    rejection_detail_ += fmt::format(": used more than {} KiB or {} fields", http_limits_.head_bytes_max >> 10,
                                     http_limits_.field_count_max);
  }
  rejection_.emplace(fault, rejection_id_.view(), rejection_detail_, BodyFormat::Text);
  const RequestRecord record{.request_id = rejection_id_.view(),
                             .status = rejection_->status(),
                             .fault = &info(fault),
                             .detail = rejection_detail_};
  metrics_.record(metrics_.nobody(), record);
  log_request(record, nullptr);
  return {.status = rejection_->status(), .fields = rejection_->fields(), .body = rejection_->body()};
}

void Edge::route(std::shared_ptr<const Router> router) {
  router_ = std::move(router);
  functions_.route(*router_);
}

void Edge::deploy(Router::Target function, const std::shared_ptr<const Deployed>& deployed) {
  for (pool::Shelf* shelf : functions_.deploy(function, *deployed)) tasks_.spawn(WarmUp::run(*this, *shelf));
}

void Edge::fail(Router::Target function, Fault fault, std::string detail) {
  functions_.fail(function, fault, std::move(detail), loop_.now());
}

void Edge::unload(Router::Target function) { functions_.unload(function); }

void Edge::deploy_preview(Router::Target function, std::uint32_t number, std::shared_ptr<const pool::Version> version) {
  functions_.deploy_preview(function, number, std::move(version));
}

void Edge::fail_preview(Router::Target function, std::uint32_t number, Fault fault, std::string detail) {
  functions_.fail_preview(function, number, fault, std::move(detail), loop_.now());
}

void Edge::drain() {
  draining_ = true;
  if (dev_ != nullptr) dev_->end_streams();
}

void Edge::cancel_all() {
  for (const std::unique_ptr<Call>& call : calls_) call->expire_now();
  for (WarmUp* warm_up : warm_ups_) warm_up->expire_now();
}

std::chrono::system_clock::time_point Edge::wall_now() {
  const net::Duration since = loop_.now() - clock_read_;
  if (since < kClockReadInterval) return wall_time_ + since;
  clock_read_ = loop_.now();
  return wall_time_ = clock_.wall_now();
}

void Edge::log_line(std::string_view line) {
  log_.append(line);
  loop_.at_round_end(log_flush_);
}

void Edge::log_guest(std::string_view function, std::string_view request_id, std::vector<engine::GuestLine> lines) {
  std::string text;
  for (const engine::GuestLine& line : lines) {
    text.clear();
    append_guest_line(text, line, function, request_id.empty() ? "-" : request_id, style_, wall_now());
    log_line(text);
  }
  history_.add(function, request_id, std::move(lines), wall_now());
}

void Edge::log_request(const RequestRecord& record, const std::string* name) {
  const auto now = wall_now();
  history_.add(record, name, now);
  if (style_.form == LogStyle::Form::Off && record.fault == nullptr) return;
  log_text_.clear();
  append_request(log_text_, record, style_, now);
  if (!log_text_.empty()) log_line(log_text_);
}

void Edge::warn_of_single_use(const pool::Version& version) {
  sink_.write(
      LogLevel::Warn,
      "function " + version.function +
          ": its instances serve one request only (calls failed on used instances and not on fresh ones); from now "
          "on each request on this thread gets a fresh one. If that is how it was built (JavaScript with "
          "addEventListener(\"fetch\")), say reuse = \"never\" in [instances] of peko.toml, or export a handler "
          "object, which can be reused");
}

}  // namespace peko::edge

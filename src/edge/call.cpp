#include "edge/call.hpp"

#include <fmt/format.h>

#include <utility>

#include "edge/edge.hpp"
#include "edge/request_log.hpp"

namespace peko::edge {

Call::Call(Edge& edge) : edge_(edge), progress_(edge.loop_) {}

void Call::expired() {
  expired_ = true;
  progress_.set();
}

void Call::expire_now() {
  if (exchange_ != nullptr || invocation_) expired();
}

net::Task<void> Call::run(http::Exchange& exchange) {
  exchange_ = &exchange;
  begin();
  find_version(exchange.head());
  while (!over_) {
    turn();
    if (over_) break;
    before_suspension();
    co_await progress_.wait();
  }
  disarm();
  write_record();
  head_copy_.reset();
  lease_.reset();
  asset_.reset();
  edge_.idle_calls_.push_back(this);
}

void Call::begin() {
  const http::RequestHead& head = exchange_->head();
  id_ = to_text(edge_.ids_.next(edge_.wall_now()));
  started_ = loaded_at_ = edge_.loop_.now();
  method_.assign(head.method);
  target_.assign(head.target);
  peer_.assign(exchange_->peer());
  detail_.clear();
  fault_ = nullptr;
  function_ = nullptr;
  shelf_ = nullptr;
  metrics_ = &edge_.metrics_.nobody();
  cold_ = pool::ColdReason::None;
  usage_ = {};
  fetch_ = load_ = spent_ = {};
  status_ = 0;
  bytes_in_ = bytes_out_ = 0;
  in_handle_ = true;
  timing_ = wants_timing(head.fields, edge_.timing_);
  loading_ = several_ = by_luck_ = false;
  queued_ = leased_ = waited_ = body_seen_ = retried_ = false;
  head_sent_ = body_fed_ = body_held_ = body_ended_ = aborted_ = client_gone_ = expired_ = log_cut_ = over_ = false;
  asset_answered_ = false;
  trailer_text_.clear();
  said_.clear();
}

void Call::turn() {
  if (exchange_ != nullptr && exchange_->gone()) {
    client_gone_ = true;
    return cancel(Fault::Internal, "");
  }
  if (loading_) turn_loading();
  if (loading_ || over_) return;
  if (asset_) turn_asset();
  if (asset_ || over_) return;
  if (!invocation_ && (!lease_ || expired_)) return turn_waiting();
  if (!invocation_) start(*known_head());
  if (expired_) {
    return cancel(Fault::Wall,
                  fmt::format("used {} ms of {} ms", (edge_.clock_.now() - loaded_at_) / std::chrono::milliseconds(1),
                              shelf_->version().limits.wall.count()));
  }
  if (invocation_->away()) return;
  if (!holds_body_back()) feed_body();
  if (over_) return;
  invocation_->step();
  if (invocation_->away()) return;
  if (invocation_->waits()) waited_ = true;
  if (lease_->starting() && !invocation_->starting()) lease_->started();
  if (!invocation_->log().empty()) write_guest_log();
  if (exchange_ != nullptr) move_response();
  if (over_) return;
  if (invocation_->ended()) return settle();
  if (!holds_body_back()) feed_body();  // the guest may have asked for what is at hand already: nothing else would tell
}

void Call::feed_body() {
  if (body_fed_ || exchange_ == nullptr) return;
  while (invocation_->wants_body()) {
    const std::span<const char> bytes = exchange_->body();
    if (bytes.empty()) break;
    body_seen_ = true;
    if (http::Chunk whole = exchange_->take_body(); !whole.bytes().empty()) {
      invocation_->push(std::move(whole));
      continue;
    }
    const std::span<const char> piece = bytes.first(std::min(bytes.size(), engine::Invocation::kBodyHighWater));
    invocation_->push(piece);
    exchange_->consume(piece.size());
  }
  if (!exchange_->body().empty()) return;
  switch (exchange_->body_state()) {
    case http::BodyState::Open: return;
    case http::BodyState::Complete:
      invocation_->push_end(engine::Invocation::Body::Complete, exchange_->trailers());
      break;
    case http::BodyState::Failed:
      if (exchange_->body_too_large()) {
        return cancel(Fault::BodyTooLarge,
                      fmt::format("used more than {} MiB", shelf_->version().limits.request_body_bytes >> 20));
      }
      invocation_->push_end(engine::Invocation::Body::Broken);
      break;
  }
  body_fed_ = true;
}

void Call::move_response() {
  if (!invocation_->has_head()) return;
  const bool failed = invocation_->failed();
  // The head of a guest that failed is sent only with what it wrote before: with nothing, an error response says more.
  if (!head_sent_ && !failed) send_head();
  body_held_ = false;
  while (!body_ended_) {
    if (!exchange_->writable()) {
      body_held_ = true;
      return;
    }
    http::Chunk chunk;
    const engine::Invocation::Next next = invocation_->next(chunk);
    if (next == engine::Invocation::Next::Pending) return;
    if (next == engine::Invocation::Next::Aborted) {
      if (failed) return;  // settle() tells why
      return cancel(Fault::Trap, "the response's body was dropped unfinished, or differs from its content-length");
    }
    if (!head_sent_) send_head();
    switch (next) {
      case engine::Invocation::Next::Data: exchange_->write(std::move(chunk)); break;
      case engine::Invocation::Next::Trailers: store_trailers(); break;
      default: body_ended_ = true;
    }
  }
  finish_exchange();
}

void Call::send_head() {
  const http::ResponseHead head = invocation_->head();
  fields_.clear();
  for (const http::Field& field : head.fields) {
    if (!field.name.starts_with("peko-") || is_for_page(field.name)) fields_.push_back(field);
  }
  fields_.push_back({"peko-request-id", id_.view()});
  std::optional<VersionText> version;
  std::string cookie;
  if (several_) {
    version.emplace(shelf_->version().number);
    fields_.push_back({kVersionField, version->view()});
  }
  if (by_luck_) {
    cookie = version_cookie(version->view());
    fields_.push_back({"set-cookie", cookie});
  }
  const std::string timing = timing_ ? timing_text() : std::string();
  if (timing_) fields_.push_back({"server-timing", timing});
  status_ = head.status;
  exchange_->send_head({.status = head.status, .fields = fields_});
  head_sent_ = true;
}

void Call::store_trailers() {
  for (const http::Field& field : invocation_->trailers()) {
    trailer_text_.emplace_back(field.name);
    trailer_text_.emplace_back(field.value);
  }
}

void Call::finish_exchange() {
  fields_.clear();
  for (std::size_t i = 0; i < trailer_text_.size(); i += 2) fields_.push_back({trailer_text_[i], trailer_text_[i + 1]});
  http::Exchange& exchange = *std::exchange(exchange_, nullptr);
  bytes_in_ = exchange.bytes_in();
  bytes_out_ = exchange.bytes_out();
  aborted_ = !exchange.finish(fields_);
  if (aborted_) {
    fault_ = &info(Fault::Trap);
    detail_ = "the response's body is shorter than its content-length";
  }
}

// The guest's call is over: ends what is left of the exchange, gives the instance back.
void Call::settle() {
  const bool failed = invocation_->failed();
  if (!failed && exchange_ != nullptr && body_held_) return;  // the client has yet to take what the guest wrote

  std::optional<engine::Instance> instance;
  usage_ = invocation_->finish(instance);
  usage_.cpu += spent_;
  if (!invocation_->log().empty()) write_guest_log();
  const bool threw = usage_.outcome == engine::Outcome::Exception;
  std::string cause;
  if (failed) cause = cause_of(usage_.message, threw ? "" : invocation_->log().last_words().reason());
  invocation_.reset();
  if (failed && may_restart(usage_.outcome)) return restart();
  const bool clean = !failed && exchange_ == nullptr;
  judge_reuse(clean);
  // One that returned without finishing the body may hold on to it; one whose script threw is whole.
  if (!clean && !threw) instance.reset();
  const auto ended = clean || instance ? pool::WarmPool::Ended::Cleanly : pool::WarmPool::Ended::Faulted;
  edge_.pool_.give_back(std::move(*lease_), std::move(instance), ended, edge_.loop_.now());
  lease_.reset();
  over_ = true;
  if (failed) {
    const Fault fault = fault_of(usage_.outcome);
    report_trap(fault, cause);
    refuse(fault, limit_detail(fault, usage_, cause));
  } else if (exchange_ != nullptr) {
    refuse(Fault::Trap, "the function returned without finishing the response's body");
  }
  note_subrequests();
}

// A call that crossed this limit may have gone well all the same: only the log tells.
void Call::note_subrequests() {
  const std::uint32_t most = shelf_->version().limits.subrequests;
  if (fault_ != nullptr || usage_.subrequests <= most) return;
  fault_ = &info(Fault::Subrequests);
  detail_ = fmt::format("used {} of {}", usage_.subrequests, most);
}

void Call::cancel(Fault fault, std::string_view detail) {
  edge_.functions_.leave(*this);
  edge_.pool_.leave(*this);
  if (invocation_) usage_.cpu = invocation_->cpu() + spent_;
  if (invocation_ && !invocation_->away()) {
    invocation_->log().finish();
    if (!invocation_->log().empty()) write_guest_log();
  }
  invocation_.reset();
  over_ = true;
  if (client_gone_) {
    bytes_in_ = exchange_->bytes_in();
    bytes_out_ = exchange_->bytes_out();
    std::exchange(exchange_, nullptr)->abort();
  } else {
    refuse(fault, detail);
  }
}

void Call::refuse(Fault fault, std::string_view detail) {
  over_ = true;
  fault_ = &info(fault);
  detail_ = detail;
  if (exchange_ == nullptr) return;  // the client has its response; only the log will tell
  const bool page = shows_page();
  const BodyFormat format = head_sent_ ? BodyFormat::Text : preferred_format(accept());
  http::Exchange& exchange = *std::exchange(exchange_, nullptr);
  bytes_in_ = exchange.bytes_in();
  bytes_out_ = exchange.bytes_out();
  if (head_sent_) {
    aborted_ = true;
    exchange.abort();
    return;
  }
  if (page) return show_page(exchange, fault, detail);
  std::string shown;
  if (edge_.fault_detail_ == FaultDetail::Show) append_safe(shown, detail.substr(0, detail.find('\n')));
  ErrorResponse response(fault, id_.view(), shown, format);
  std::optional<VersionText> version;
  if (several_) response.add_version(version.emplace(shelf_->version().number).view());
  status_ = response.status();
  exchange.send_head({.status = response.status(), .fields = response.fields()});
  exchange.write(response.take_body());
  exchange.finish();
}

std::string Call::limit_detail(Fault fault, const engine::Usage& usage, std::string_view cause) const {
  const engine::Limits& limits = shelf_->version().limits;
  switch (fault) {
    case Fault::Cpu:
      return fmt::format("used {} ms of {} ms", std::chrono::round<std::chrono::milliseconds>(usage.cpu).count(),
                         limits.cpu.count());
    case Fault::Memory:
      return fmt::format("used {:.1f} MiB of {} MiB and asked for more; {}",
                         static_cast<double>(usage.memory_peak_bytes) / (1 << 20), limits.memory_bytes >> 20, cause);
    case Fault::Overloaded:
      return "the instances of this node hold too much memory, or are too many (memory_budget_mb, instances); " +
             std::string(cause);
    case Fault::Stack: return fmt::format("used more than {} KiB; {}", engine::kStackBytes >> 10, cause);
    default: return std::string(cause);
  }
}

void Call::report_trap(Fault fault, std::string_view cause) {
  const bool threw = usage_.outcome == engine::Outcome::Exception;
  if (usage_.frames.empty() && !threw) return;
  const pool::Version& version = shelf_->version();
  TrapReport report{.function = version.function,
                    .request_id = std::string(id_.view()),
                    .code = info(fault).code,
                    .cause = std::string(cause),
                    .frames = threw ? script_frames_of(usage_.message) : frames_of(usage_.message)};
  TrapPlaces places{.kind = version.kind,
                    .component = version.component_file,
                    .hash = version.component_hash,
                    .source_map = version.source_map,
                    .offsets = std::move(usage_.frames),
                    .project = version.project};
  if (shows_page()) places.then = await_report();
  if (edge_.traps_.explain(report, places)) return;
  std::string text;
  append_trap_report(text, report, edge_.style_, edge_.wall_now());
  edge_.log_line(text);
  if (places.then) places.then(std::move(report));
}

void Call::write_guest_log() {
  log_cut_ = invocation_->log().cut();
  std::vector<engine::GuestLine> lines = invocation_->log().take();
  if (edge_.dev_ != nullptr) said_.insert(said_.end(), lines.begin(), lines.end());
  edge_.log_guest(shelf_->version().function, id_.view(), std::move(lines));
}

// What is known of the request, into the metrics and the log.
void Call::write_record() {
  const std::string* const function = function_ != nullptr ? &function_->name : nullptr;
  const auto now = edge_.clock_.now();
  const RequestRecord record{
      .request_id = id_.view(),
      .function = function != nullptr ? std::string_view(*function) : std::string_view(),
      .version = shelf_ != nullptr ? shelf_->version().number : 0,
      .versions = several_ ? RequestRecord::Versions::Several : RequestRecord::Versions::One,
      .method = method_,
      .target = target_,
      .peer = peer_,
      .status = status_,
      .fault = fault_,
      .detail = detail_,
      .aborted = aborted_,
      .client_gone = client_gone_,
      .cold = cold_,
      .retried = retried_,
      .fetch = fetch_,
      .load = load_,
      .queue = queued_ ? (leased_ ? leased_at_ : now) - loaded_at_ : std::chrono::nanoseconds(0),
      .wall = now - started_,
      .cpu = usage_.cpu,
      .instantiate = usage_.instantiate,
      .memory_peak_bytes = usage_.memory_peak_bytes,
      .bytes_in = bytes_in_,
      .bytes_out = bytes_out_,
      .subrequests = usage_.subrequests,
      .log_cut = log_cut_,
      .asset = asset_answered_,
  };
  edge_.metrics_.record(*metrics_, record);
  edge_.log_request(record, function);
}

}  // namespace peko::edge

// How a Call gets its lease and its instance: at once, after a wait, or by a second start.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "edge/call.hpp"
#include "edge/edge.hpp"
#include "edge/server_timing.hpp"

namespace peko::edge {

namespace {

// Longer than any cold start should take, shorter than a client's patience.
constexpr std::chrono::milliseconds kQueueWait{1000};

bool is_ours(const http::Field& field) { return field.name.starts_with("peko-"); }

}  // namespace

void Call::admit(const http::RequestHead& head) {
  std::optional<pool::Lease> lease = edge_.pool_.lease(*shelf_);
  if (!lease) return wait_for_lease(head);
  lease_.emplace(std::move(*lease));
  leased_ = true;
  leased_at_ = loaded_at_;
  start(head);
}

void Call::wait_for_lease(const http::RequestHead& head) {
  if (!edge_.pool_.wait(*shelf_, *this, edge_.loop_.now()))
    return refuse(Fault::Overloaded, "as many requests wait already as may");
  queued_ = true;
  if (!head_copy_) head_copy_.emplace(head);
  exchange_->notify(&progress_);
  const std::chrono::milliseconds wall = shelf_->version().limits.wall;
  arm(edge_.loop_.deadlines(), edge_.loop_.now() + (wall.count() > 0 ? std::min(wall, kQueueWait) : kQueueWait));
}

void Call::granted(pool::Lease lease) {
  disarm();  // the queue's deadline
  lease_.emplace(std::move(lease));
  leased_ = true;
  leased_at_ = edge_.clock_.now();
  progress_.set();
}

void Call::turn_waiting() {
  if (!expired_) return;
  edge_.pool_.leave(*this);
  refuse(Fault::Overloaded,
         fmt::format("waited {} ms for an instance", (edge_.clock_.now() - loaded_at_) / std::chrono::milliseconds(1)));
}

void Call::start(const http::RequestHead& head) {
  const engine::Limits& limits = shelf_->version().limits;
  if (limits.wall.count() > 0) arm(edge_.loop_.deadlines(), loaded_at_ + limits.wall);
  exchange_->notify(&progress_);
  body_fed_ = head.body_length == 0;
  if (!body_fed_) exchange_->accept_body(limits.request_body_bytes);
  start_guest(head);
}

// What begins with peko- is between the client and Peko; a function must not see the operator's secret.
void Call::start_guest(const http::RequestHead& head) {
  const pool::Version& version = shelf_->version();
  cold_ = lease_->cold();
  http::RequestHead guest_head = head;
  if (std::ranges::any_of(head.fields, is_ours)) {
    fields_.clear();
    std::ranges::remove_copy_if(head.fields, std::back_inserter(fields_), is_ours);
    guest_head.fields = fields_;
  }
  invocation_ = edge_.worker_.start(*version.component, lease_->take(), guest_head, version.limits,
                                    version.outbound.get(), version.key_value.get(), progress_);
}

// Null when it is gone: the connection keeps a head no longer than handling begins.
const http::RequestHead* Call::known_head() const {
  if (head_copy_) return &head_copy_->head();
  return in_handle_ ? &exchange_->head() : nullptr;
}

// Whether its instance, which has served before, can do so again is not known yet.
bool Call::on_trial() const { return invocation_ && cold_ == pool::ColdReason::None && !shelf_->reuse().proven(); }

void Call::before_suspension() {
  // All that an error response needs of the head.
  if (in_handle_ && exchange_ != nullptr && !head_sent_) accept_.assign(accept());
  const bool keeps_head = on_trial() && in_handle_ && !head_copy_ && !head_sent_ && exchange_ != nullptr;
  if (keeps_head) head_copy_.emplace(exchange_->head());
  in_handle_ = false;
}

bool Call::holds_body_back() const { return !waited_ && on_trial(); }

// Ended in a way that a guest which works only once ends at its second call.
bool Call::misfits(engine::Outcome outcome) const {
  const bool failed =
      outcome == engine::Outcome::Trap || outcome == engine::Outcome::Exit || outcome == engine::Outcome::NoResponse;
  return failed && cold_ == pool::ColdReason::None;
}

// The client has seen nothing of this try, and neither it nor anybody else has lost anything by it.
bool Call::may_restart(engine::Outcome outcome) const {
  return misfits(outcome) && exchange_ != nullptr && !head_sent_ && !body_seen_ && usage_.subrequests == 0 &&
         usage_.key_value_operations == 0 && known_head() != nullptr;
}

void Call::restart() {
  retried_ = true;
  spent_ = usage_.cpu;
  edge_.pool_.restart(*lease_);
  start_guest(*known_head());
  progress_.set();
}

// A failure on a used instance counts against reuse when a fresh one did better with the same request, or could not be
// tried while nothing speaks for reuse yet.
void Call::judge_reuse(bool clean) {
  const bool better_fresh = retried_ && clean;
  const bool unanswered = exchange_ != nullptr && !head_sent_;
  const bool untried = unanswered && misfits(usage_.outcome) && !shelf_->reuse().proven();
  if ((better_fresh || untried) && edge_.pool_.misfit(*shelf_)) edge_.warn_of_single_use(shelf_->version());
}

std::string Call::timing_text() const {
  const std::chrono::nanoseconds instantiate = invocation_->instantiate();
  const std::chrono::nanoseconds since = edge_.clock_.now() - leased_at_;
  return server_timing({
      .fetch = fetch_,
      .load = load_,
      .queue = leased_at_ - loaded_at_,
      .instantiate = instantiate,
      .handler = std::max(since - instantiate, std::chrono::nanoseconds(0)),
      .cold = cold_,
  });
}

}  // namespace peko::edge

#include "engine/invocation.hpp"

#include <algorithm>
#include <utility>

#include "engine/bridge_chunk.hpp"
#include "engine/component.hpp"
#include "engine/overflow.hpp"
#include "engine/runtime.hpp"
#include "engine/ticker.hpp"
#include "engine/worker.hpp"
#include "peko_bridge.h"

namespace peko::engine {

static_assert(PEKO_DONE == 2 && PEKO_FAILED == 4);

namespace {

Outcome outcome_of(std::uint32_t code) {
  switch (code) {
    case PEKO_OUTCOME_OK: return Outcome::Ok;
    case PEKO_OUTCOME_CPU: return Outcome::Cpu;
    case PEKO_OUTCOME_MEMORY: return Outcome::Memory;
    case PEKO_OUTCOME_STACK: return Outcome::Stack;
    case PEKO_OUTCOME_TRAP: return Outcome::Trap;
    case PEKO_OUTCOME_EXIT: return Outcome::Exit;
    case PEKO_OUTCOME_NO_RESPONSE: return Outcome::NoResponse;
    case PEKO_OUTCOME_EXCEPTION: return Outcome::Exception;
    case PEKO_OUTCOME_CAPACITY: return Outcome::Capacity;
    case PEKO_OUTCOME_RESOURCES: return Outcome::Resources;
    case PEKO_OUTCOME_BAD_REQUEST: return Outcome::BadRequest;
    case PEKO_OUTCOME_CANCELLED: return Outcome::Cancelled;
    default: return Outcome::Internal;
  }
}

}  // namespace

void Invocation::begin(peko_invocation* handle, const Component& component, std::uint64_t token, RequestBody body,
                       const Limits& limits, net::Event& progress) {
  handle_ = handle;
  component_ = &component;
  token_ = token;
  progress_ = &progress;
  flags_ = handle == nullptr ? std::uint32_t{PEKO_FAILED} : 0;
  woken_ = true;
  self_woken_ = away_ = false;
  hungry_ = component.runs_long();
  unyielding_ = component.unyielding();
  used_ = std::chrono::nanoseconds(0);
  wants_body_ = body == RequestBody::Coming;
  abandoned_.store(false, std::memory_order_relaxed);
  log_.reset(limits.log_bytes);
  notes_.clear();
}

bool Invocation::failed() const { return (flags_ & PEKO_FAILED) != 0; }
bool Invocation::has_head() const { return (flags_ & PEKO_HEAD) != 0; }

void Invocation::wake() {
  woken_ = true;
  if (!away_) progress_->set();
}

std::uint32_t Invocation::poll(std::size_t thread, std::chrono::nanoseconds slice) {
  const Ticker::Polling polling(worker_.runtime().ticker(), thread);
  const PollScope scope(*this);
  self_woken_ = false;
  return peko_invocation_poll(handle_, static_cast<std::uint64_t>(slice.count()));
}

void Invocation::step() {
  if (!woken_ || away_ || ended()) return;
  woken_ = false;
  if (hungry_ || unyielding_) {
    hungry_ = false;
    away_ = true;
    slices_ = 0;
    worker_.runtime().overflow().put(*this);
    return;
  }
  flags_ = poll(worker_.thread(), std::max<std::chrono::nanoseconds>(kOverflowAfter - used_, kSliceMin));
  const std::chrono::nanoseconds used = cpu();
  if (used - std::exchange(used_, used) > kTurnMax) {
    unyielding_ = true;
    component_->count_stall();
  }
  if (!self_woken_ || ended()) return;
  woken_ = true;
  hungry_ = used > kOverflowAfter;
  progress_->set();
}

bool Invocation::slice(std::size_t thread) {
  if (abandoned()) return false;
  const std::uint32_t before = flags_;
  flags_ = poll(thread, kSliceAway);
  if (flags_ != before || !self_woken_ || abandoned()) return false;
  hungry_ = ++slices_ == kSlicesAway;
  return !hungry_;
}

void Invocation::go_home() {
  worker_.loop().post([this] { arrive(); });
}

void Invocation::arrive() {
  away_ = false;
  if (abandoned()) {
    worker_.retire(*this);
    return;
  }
  for (std::string& text : notes_) log_.note(std::move(text));
  notes_.clear();
  used_ = cpu();
  woken_ = woken_ || self_woken_;
  progress_->set();  // even if it waits: what it waits for may have come while nobody looked
}

void Invocation::note(std::string text) {
  if (away_) {
    notes_.push_back(std::move(text));
  } else {
    log_.note(std::move(text));
  }
}

http::ResponseHead Invocation::head() {
  peko_response_head head{};
  peko_invocation_head(handle_, &head);
  return {.status = head.status, .fields = worker_.to_fields(head.fields, head.field_count)};
}

http::Fields Invocation::trailers() {
  peko_response_head trailers{};
  peko_invocation_trailers(handle_, &trailers);
  return worker_.to_fields(trailers.fields, trailers.field_count);
}

Invocation::Next Invocation::next(http::Chunk& chunk) {
  peko_chunk piece;
  switch (peko_invocation_next(handle_, &piece)) {
    case PEKO_NEXT_DATA: chunk = take_chunk(piece); return Next::Data;
    case PEKO_NEXT_END: return Next::End;
    case PEKO_NEXT_PENDING: return Next::Pending;
    case PEKO_NEXT_TRAILERS: return Next::Trailers;
    default: return Next::Aborted;
  }
}

void Invocation::push(std::span<const char> bytes) {
  if (peko_invocation_push(handle_, bytes.data(), bytes.size()) >= kBodyHighWater) wants_body_ = false;
}

void Invocation::push(http::Chunk piece) {
  const peko_lent lent = lend(std::move(piece));
  if (peko_invocation_push_lent(handle_, &lent) >= kBodyHighWater) wants_body_ = false;
}

void Invocation::push_end(Body body, http::Fields trailers) {
  wants_body_ = false;
  const std::span<const peko_field> fields = worker_.to_bridge(trailers);
  peko_invocation_push_end(handle_, body == Body::Complete ? 1 : 0, fields.data(), fields.size());
}

std::chrono::nanoseconds Invocation::instantiate() const {
  return std::chrono::nanoseconds(handle_ == nullptr ? 0 : peko_invocation_instantiate_ns(handle_));
}

bool Invocation::starting() const { return woken_ && !ended() && instantiate().count() == 0; }

std::chrono::nanoseconds Invocation::cpu() const {
  const bool readable = !away_ && handle_ != nullptr;
  return readable ? std::chrono::nanoseconds(peko_invocation_cpu_ns(handle_)) : used_;
}

Usage Invocation::finish(std::optional<Instance>& warm) {
  if (handle_ == nullptr) return {.outcome = Outcome::Internal, .message = "the bridge could not start the call"};
  peko_stats stats;
  const PollScope scope(*this);  // the guest's last words may come from its destructors
  if (peko_instance* handle = peko_invocation_finish(std::exchange(handle_, nullptr), &stats)) {
    Instance instance(handle, worker_.runtime().reaper(), {.uses = stats.uses, .memory_bytes = stats.memory_bytes});
    if (stats.reusable != 0) warm.emplace(std::move(instance));
  }
  log_.finish();
  const bool was_long = std::chrono::nanoseconds(stats.cpu_ns) > kOverflowAfter;
  component_->count_call(was_long ? Component::Ran::Long : Component::Ran::Short);
  return {
      .outcome = outcome_of(stats.outcome),
      .message = stats.message,
      .frames = {stats.frames, stats.frames + stats.frame_count},
      .cpu = std::chrono::nanoseconds(stats.cpu_ns),
      .instantiate = std::chrono::nanoseconds(stats.instantiate_ns),
      .memory_peak_bytes = stats.memory_peak_bytes,
      .uses = stats.uses,
      .subrequests = stats.outbound,
      .key_value_operations = stats.key_value,
  };
}

void RetireInvocation::operator()(Invocation* invocation) const {
  if (invocation->away_) {
    invocation->abandoned_.store(true, std::memory_order_relaxed);
  } else {
    invocation->worker_.retire(*invocation);
  }
}

}  // namespace peko::engine

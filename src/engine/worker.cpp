#include "engine/worker.hpp"

#include "base/assert.hpp"
#include "engine/runtime.hpp"

namespace peko::engine {

namespace {

thread_local Invocation* t_polling = nullptr;

// Host resources that one call may hold at once.
constexpr std::uint32_t kHandlesMax = 4096;
// ... and that a kept instance may still hold: JavaScript guests leave about one a call until their garbage collector
// runs, so this is a cap and no equality (docs/decisions/0001-bridge.md).
constexpr std::uint32_t kHandlesKept = 1024;
constexpr std::uint32_t kFieldBytesMax = 64 * 1024;
constexpr std::uint32_t kGenerationMask = 0x7fff'ffff;

constexpr bool is_outbound(std::uint64_t token) { return (token & PEKO_OUTBOUND_TOKEN) != 0; }
constexpr std::uint64_t outbound_id(std::uint64_t token) { return token & ~PEKO_OUTBOUND_TOKEN; }

peko_str to_str(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

PollScope::PollScope(Invocation& invocation) { t_polling = &invocation; }
PollScope::~PollScope() { t_polling = nullptr; }

Worker::Worker(Runtime& runtime, net::Loop& loop, std::size_t thread)
    : runtime_(runtime),
      loop_(loop),
      thread_(thread),
      handle_(make_handle()),
      outbound_(handle_, loop, [this](std::uint64_t token, std::string text) { note(token, std::move(text)); }),
      key_value_(handle_, loop, [this](std::uint64_t token, std::string text) { note(token, std::move(text)); }) {}

void Worker::note(std::uint64_t token, std::string text) {
  if (Slot* slot = find(token)) slot->invocation.note(std::move(text));
}

peko_loop* Worker::make_handle() {
  const peko_loop_hooks hooks{.context = this,
                              .wake = on_wake,
                              .want_body = on_want_body,
                              .outbound = on_outbound,
                              .outbound_cancel = on_outbound_cancel,
                              .log = on_log,
                              .key_value = on_key_value,
                              .key_value_cancel = on_key_value_cancel};
  return peko_loop_new(runtime_.handle(), &hooks);
}

Worker::~Worker() {
  PEKO_ASSERT(in_flight() == 0, "calls are retired before the runtime stops");
  peko_loop_delete(handle_);
}

void Worker::attach() {
  peko_thread_attach(runtime_.handle());
  runtime_.ticker().attach(thread_);
}

Worker::Slot& Worker::free_slot() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back(*this, free_.back());
  }
  Slot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.used = true;
  return slot;
}

InvocationPtr Worker::start(const Component& component, std::optional<Instance> warm, const http::RequestHead& head,
                            const Limits& limits, OutboundGrant* outbound, const keyvalue::Owner* key_value,
                            net::Event& progress) {
  Slot& slot = free_slot();
  slot.key_value = key_value;
  slot.outbound = outbound != nullptr && !outbound->empty() ? outbound : nullptr;
  if (slot.outbound != nullptr) slot.trace.assign(head.fields);
  const std::span<const peko_field> fields = to_bridge(head.fields);
  const peko_request_head request{
      .method = to_str(head.method),
      .target = to_str(head.target),
      .authority = to_str(head.authority.empty() ? std::string_view("localhost") : head.authority),
      .fields = fields.data(),
      .field_count = fields.size(),
      .body_length = head.body_length.value_or(PEKO_LENGTH_UNKNOWN),
      .https = head.scheme == http::Scheme::Https ? 1U : 0U,
  };
  return begin(slot, component, std::move(warm), &request, limits, progress);
}

InvocationPtr Worker::prepare(const Component& component, const Limits& limits, net::Event& progress) {
  Slot& slot = free_slot();
  slot.outbound = nullptr;
  slot.key_value = nullptr;
  return begin(slot, component, std::nullopt, nullptr, limits, progress);
}

InvocationPtr Worker::begin(Slot& slot, const Component& component, std::optional<Instance> warm,
                            const peko_request_head* head, const Limits& limits, net::Event& progress) {
  const peko_limits bridge_limits{
      .cpu_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(limits.cpu).count()),
      .memory_bytes = limits.memory_bytes,
      .handles = kHandlesMax,
      .handles_kept = kHandlesKept,
      .retire_bytes = limits.memory_bytes / 2,
      .field_bytes = kFieldBytesMax,
      .outbound = limits.subrequests,
      .random_bytes = kRandomBytesMax,
      .key_value = kKeyValueOperationsMax,
  };
  const std::uint64_t token = std::uint64_t{slot.generation} << 32 | slot.index;
  peko_invocation* handle =
      peko_invocation_start(handle_, component.handle(), warm ? warm->release() : nullptr, head, &bridge_limits, token);
  const bool no_body = head == nullptr || head->body_length == 0;
  const auto body = no_body ? Invocation::RequestBody::None : Invocation::RequestBody::Coming;
  slot.invocation.begin(handle, component, token, body, limits, progress);
  return InvocationPtr(&slot.invocation);
}

void Worker::retire(Invocation& invocation) {
  if (invocation.handle_ != nullptr) runtime_.reaper().cancel(std::exchange(invocation.handle_, nullptr));
  const auto index = static_cast<std::uint32_t>(invocation.token_);
  slots_[index].used = false;
  slots_[index].generation = (slots_[index].generation + 1) & kGenerationMask;
  free_.push_back(index);
}

Worker::Slot* Worker::find(std::uint64_t token) {
  const auto index = static_cast<std::uint32_t>(token);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.used && slot.generation == token >> 32 ? &slot : nullptr;
}

void Worker::wake(std::uint64_t token) {
  if (is_outbound(token)) {
    outbound_.wake(outbound_id(token));
  } else if (Slot* slot = find(token)) {
    slot->invocation.wake();
  }
}

std::span<const peko_field> Worker::to_bridge(http::Fields fields) {
  bridge_fields_.clear();
  for (const http::Field& field : fields) bridge_fields_.push_back({to_str(field.name), to_str(field.value)});
  return bridge_fields_;
}

http::Fields Worker::to_fields(const peko_field* fields, std::size_t count) {
  http_fields_.clear();
  for (const peko_field& field : std::span(fields, count)) {
    http_fields_.push_back({{field.name.data, field.name.size}, {field.value.data, field.value.size}});
  }
  return http_fields_;
}

void Worker::on_wake(void* context, std::uint64_t token) noexcept {
  auto& worker = *static_cast<Worker*>(context);
  if (t_polling != nullptr && t_polling->token_ == token && &t_polling->worker_ == &worker) {
    t_polling->self_woken_ = true;
  } else if (worker.loop_.on_thread()) {
    worker.wake(token);
  } else {
    worker.loop_.post([&worker, token] { worker.wake(token); });
  }
}

void Worker::on_want_body(void* context, std::uint64_t token) noexcept {
  if (!is_outbound(token)) {
    if (t_polling != nullptr) t_polling->wants_body_ = true;
    return;
  }
  auto& worker = *static_cast<Worker*>(context);
  if (worker.loop_.on_thread()) {
    worker.outbound_.want(outbound_id(token));
  } else {
    worker.loop_.post([&worker, token] { worker.outbound_.want(outbound_id(token)); });
  }
}

// Posted even from the loop's own thread, as on_outbound_cancel is: so the guest is off its stack, and the two keep
// their order.
void Worker::on_outbound(void* context, std::uint64_t token, std::uint64_t id,
                         const peko_outbound_head* head) noexcept {
  auto& worker = *static_cast<Worker*>(context);
  worker.loop_.post([&worker, head = OutboundHead(token, id, *head)]() mutable {
    // Without its call nobody waits for it, and the bridge cancels it by itself.
    // A call that its holder has given up runs on until its slice ends: what it could use may be gone.
    Slot* slot = worker.find(head.token);
    if (slot == nullptr || slot->invocation.abandoned()) return;
    worker.outbound_.start(std::move(head), slot->outbound, slot->trace);
  });
}

void Worker::on_outbound_cancel(void* context, std::uint64_t id) noexcept {
  auto& worker = *static_cast<Worker*>(context);
  worker.loop_.post([&worker, id] { worker.outbound_.cancel(id); });
}

// Posted for the same reasons. What it points to goes with the poll, so it is copied before.
void Worker::on_key_value(void* context, std::uint64_t token, std::uint64_t id,
                          const peko_key_value_request* request) noexcept {
  auto& worker = *static_cast<Worker*>(context);
  worker.loop_.post([&worker, operation = KeyValue::Operation(worker.key_value_, token, id, *request)]() mutable {
    Slot* slot = worker.find(operation.token());
    if (slot == nullptr || slot->invocation.abandoned()) return;
    worker.key_value_.start(std::move(operation), slot->key_value);
  });
}

void Worker::on_key_value_cancel(void* context, std::uint64_t id) noexcept {
  auto& worker = *static_cast<Worker*>(context);
  worker.loop_.post([&worker, id] { worker.key_value_.cancel(id); });
}

void Worker::on_log(void*, std::uint64_t, int stream, peko_str bytes) noexcept {
  if (t_polling == nullptr) return;
  t_polling->log().append(static_cast<Stream>(stream), {bytes.data, bytes.size});
}

}  // namespace peko::engine

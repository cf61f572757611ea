#include "engine/key_value.hpp"

#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "keyvalue/check.hpp"
#include "peko_bridge.h"

namespace peko::engine {
namespace {

std::string text(peko_str bytes) { return {bytes.data, bytes.size}; }

keyvalue::Op op_of(std::uint32_t op) {
  switch (op) {
    case PEKO_KEY_VALUE_EXISTS: return keyvalue::Op::Exists;
    case PEKO_KEY_VALUE_SET: return keyvalue::Op::Set;
    case PEKO_KEY_VALUE_DELETE: return keyvalue::Op::Delete;
    case PEKO_KEY_VALUE_LIST: return keyvalue::Op::List;
    case PEKO_KEY_VALUE_LIST_BY_ROW: return keyvalue::Op::ListByRow;
    case PEKO_KEY_VALUE_INCREMENT: return keyvalue::Op::Increment;
    case PEKO_KEY_VALUE_SWAP: return keyvalue::Op::Swap;
    default: return keyvalue::Op::Get;
  }
}

keyvalue::Item item_of(const peko_key_value_item& item) {
  keyvalue::Item copy{.key = text(item.key),
                      .value = text(item.value),
                      .metadata = {},
                      .expires = item.expires,
                      .version = item.version};
  if (item.has_metadata != 0) copy.metadata = text(item.metadata);
  return copy;
}

peko_str view(std::string_view text) { return {text.data(), text.size()}; }

peko_key_value_item view(const keyvalue::Item& item) {
  return {.key = view(item.key),
          .value = view(item.value),
          .metadata = view(item.metadata ? std::string_view(*item.metadata) : std::string_view()),
          .expires = item.expires,
          .version = item.version,
          .has_metadata = item.metadata ? 1U : 0U};
}

}  // namespace

// Where answers find the loop, as long as it is there.
struct KeyValue::Home {
  std::mutex mutex;
  KeyValue* owner;  // under the mutex; null: gone

  void bring(std::uint64_t id, Result<keyvalue::Answer> answer) {
    const std::scoped_lock lock(mutex);
    if (owner == nullptr) return;
    owner->loop_.post(
        [owner = owner, id, answer = std::move(answer)]() mutable { owner->arrive(id, std::move(answer)); });
  }
};

KeyValue::KeyValue(peko_loop* bridge, net::Loop& loop, Note note)
    : bridge_(bridge), loop_(loop), note_(std::move(note)), home_(std::make_shared<Home>()) {
  home_->owner = this;
}

KeyValue::~KeyValue() {
  const std::scoped_lock lock(home_->mutex);
  home_->owner = nullptr;
}

KeyValue::Operation::Operation(KeyValue& owner, std::uint64_t token, std::uint64_t id,
                               const peko_key_value_request& request)
    : token_(token), id_(id) {
  const std::span items(request.items, request.item_count);
  std::size_t bytes = request.prefix.size + request.cursor.size + items.size() * sizeof(keyvalue::Item);
  for (const peko_key_value_item& item : items) bytes += item.key.size + item.value.size + item.metadata.size;
  request_.op = op_of(request.op);
  request_.store = text(request.store);
  room_.emplace(owner.held_, bytes);
  if (bytes > kSmallBytesMax && owner.held_bytes() > kBytesMax) room_.reset();
  if (refused()) return;
  request_.items.reserve(items.size());
  for (const peko_key_value_item& item : items) request_.items.push_back(item_of(item));
  request_.prefix = text(request.prefix);
  request_.cursor = text(request.cursor);
  request_.limit = request.limit;
  request_.number = request.number;
}

void KeyValue::start(Operation operation, const keyvalue::Owner* owner) {
  const auto refuse_with = [&](const Error& error) {
    refuse(operation.id_, operation.token_, operation.request_.store, error);
  };
  if (store_ == nullptr) return refuse_with({Code::Unavailable, "this node keeps nothing: it has no data_dir"});
  if (owner == nullptr) {
    return refuse_with({Code::Unavailable, "an instance may use it while it answers a request, not while it starts"});
  }
  if (operation.refused()) return refuse_with({Code::Overloaded, "too much is being read and written at once"});
  if (Status good = keyvalue::check(operation.request_, value_bytes_max_); !good) return refuse_with(good.error());
  keyvalue::Request request = std::move(operation.request_);
  request.owner = *owner;
  Running running{.token = operation.token_, .store = request.store, .stop = {}};
  request.cancelled = running.stop.get_token();
  running_.emplace(operation.id_, std::move(running));
  // The store lets go of the room when it does of the request, which may be long after a cancellation.
  store_->start(std::move(request), [home = home_, id = operation.id_, room = std::move(operation.room_)](
                                        Result<keyvalue::Answer> answer) { home->bring(id, std::move(answer)); });
}

void KeyValue::cancel(std::uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.stop.request_stop();
  running_.erase(found);
}

void KeyValue::arrive(std::uint64_t id, Result<keyvalue::Answer> answer) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;  // cancelled
  const Running running = std::move(found->second);
  running_.erase(found);
  if (answer) {
    respond(id, *answer);
  } else {
    refuse(id, running.token, running.store, answer.error());
  }
}

void KeyValue::respond(std::uint64_t id, const keyvalue::Answer& answer) {
  std::vector<peko_key_value_item> items;
  items.reserve(answer.items.size());
  for (const keyvalue::Item& item : answer.items) items.push_back(view(item));
  const peko_key_value_answer views{.items = items.data(),
                                    .item_count = items.size(),
                                    .cursor = view(answer.cursor ? std::string_view(*answer.cursor) : ""),
                                    .number = answer.number,
                                    .has_cursor = answer.cursor ? 1U : 0U};
  peko_key_value_respond(bridge_, id, &views);
}

// The guest may do with an error what it likes, so its author reads of it in the log.
void KeyValue::refuse(std::uint64_t id, std::uint64_t token, const std::string& store, const Error& error) {
  note_(token, "[PEKO-KEYVALUE: store \"" + store + "\": " + error.message + "]");
  const auto failure = error.code == Code::NotFound ? PEKO_KEY_VALUE_NO_SUCH_STORE
                       : error.code == Code::Denied ? PEKO_KEY_VALUE_ACCESS_DENIED
                                                    : PEKO_KEY_VALUE_OTHER;
  peko_key_value_fail(bridge_, id, failure, view(error.message));
}

}  // namespace peko::engine

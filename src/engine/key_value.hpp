/// KeyValue: the key-value operations that the guests of one loop have under way.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>

#include "keyvalue/store.hpp"
#include "net/loop.hpp"

struct peko_loop;
struct peko_key_value_request;

namespace peko::engine {

/// Lives on one loop, made by its Worker. Hands operations to a store, and their answers from whatever thread to the
/// bridge.
class KeyValue {
 public:
  /// What the operations of one loop hold at once, until the store has let go of them, so that a slow disk does not
  /// fill the memory: more are refused,
  static constexpr std::size_t kBytesMax = 128U << 20;
  /// but not small ones: a neighbour's values are no reason that one cannot read.
  static constexpr std::size_t kSmallBytesMax = 16U << 10;

  /// Tells the function's author, in the log of call `token`, what did not work.
  using Note = std::move_only_function<void(std::uint64_t token, std::string text)>;

  KeyValue(peko_loop* bridge, net::Loop& loop, Note note);
  ~KeyValue();
  KeyValue(const KeyValue&) = delete;
  KeyValue& operator=(const KeyValue&) = delete;

  /// Where the entries are; null: nowhere, and every operation fails. It outlives all operations.
  void use(keyvalue::Store* store, std::uint64_t value_bytes_max) {
    store_ = store;
    value_bytes_max_ = value_bytes_max;
  }

  /// Counts the bytes of one operation as long as it lives, which may be longer than the KeyValue does.
  class Room {
   public:
    Room(std::shared_ptr<std::atomic<std::size_t>> held, std::size_t bytes) : held_(std::move(held)), bytes_(bytes) {
      held_->fetch_add(bytes_, std::memory_order_relaxed);
    }
    Room(Room&&) = default;
    Room& operator=(Room&&) = delete;
    ~Room() {
      if (held_) held_->fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    std::shared_ptr<std::atomic<std::size_t>> held_;
    std::size_t bytes_ = 0;
  };

  /// An operation as the guest has asked for it, copied. Any thread.
  class Operation {
   public:
    Operation(KeyValue& owner, std::uint64_t token, std::uint64_t id, const peko_key_value_request& request);

    [[nodiscard]] std::uint64_t token() const { return token_; }
    /// There was no room for it.
    [[nodiscard]] bool refused() const { return !room_; }

   private:
    friend class KeyValue;
    std::uint64_t token_;
    std::uint64_t id_;
    std::optional<Room> room_;
    keyvalue::Request request_;
  };

  /// Starts it, or answers it with an error. `owner` null: there are no stores for this call.
  void start(Operation operation, const keyvalue::Owner* owner);
  /// The guest does not wait any more. Of one that is gone: nothing.
  void cancel(std::uint64_t id);

  [[nodiscard]] std::size_t in_flight() const { return running_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return held_->load(std::memory_order_relaxed); }

 private:
  struct Running {
    std::uint64_t token = 0;
    std::string store;
    std::stop_source stop;
  };
  struct Home;

  void arrive(std::uint64_t id, Result<keyvalue::Answer> answer);
  void respond(std::uint64_t id, const keyvalue::Answer& answer);
  void refuse(std::uint64_t id, std::uint64_t token, const std::string& store, const Error& error);

  peko_loop* bridge_;
  net::Loop& loop_;
  Note note_;
  keyvalue::Store* store_ = nullptr;
  std::uint64_t value_bytes_max_ = 0;
  // Bytes; hooks add from overflow threads, stores' threads take away.
  const std::shared_ptr<std::atomic<std::size_t>> held_ = std::make_shared<std::atomic<std::size_t>>();
  std::unordered_map<std::uint64_t, Running> running_;
  std::shared_ptr<Home> home_;  // shared with answers that are under way
};

}  // namespace peko::engine

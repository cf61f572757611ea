/// Store: where functions keep entries, a value by key, that outlive their instances and the node.
///
/// The interface of what is behind `wasi:keyvalue`, `peko:keyvalue` and JavaScript's `env.KV`. SqliteStore is the one
/// for a single node; another backend implements the same function.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace peko::keyvalue {

/// The store that every function has.
inline constexpr std::string_view kDefaultStore = "default";

/// An entry, or what is said of one.
struct Item {
  std::string key;
  std::string value;
  std::optional<std::string> metadata;  ///< text that is the function's business; JSON when JavaScript wrote it
  std::int64_t expires = 0;             ///< seconds since 1970, from which on it is gone; 0: never
  std::int64_t version = 0;             ///< another one after each write; 0: there is no such entry
};

/// What is asked, with the fields of Request that it reads and those of Answer that it sets.
enum class Op : std::uint8_t {
  Get,        ///< items' keys -> items, as many, in the same order
  Exists,     ///< one item's key -> one item without its value
  Set,        ///< items: all are written, or none
  Delete,     ///< items' keys: all are deleted, or none
  List,       ///< prefix, limit, cursor -> items without values, by key; cursor when there may be more. A page may have
              ///< fewer items than the limit, or none, and a cursor: entries that have expired are not in it
  ListByRow,  ///< limit, number (0 at first) -> items without values, in some order, in pages as those of List; number
              ///< for the next one, 0: no more
  Increment,  ///< one item's key, number -> number: the new value. An entry's value is a decimal number; none is 0
  Swap,  ///< one item: written if the entry has its version still (0: if there is none) -> number 1; else 0, and an
         ///< item with the version that it has now
};

/// Whose store it is, and what it may hold.
struct Owner {
  std::string function;
  std::uint64_t quota_bytes = 0;
};

struct Request {
  Op op = Op::Get;
  Owner owner;
  std::string store;
  std::vector<Item> items;
  std::string prefix;
  std::string cursor;
  std::uint32_t limit = 0;
  std::int64_t number = 0;
  std::stop_token cancelled;  ///< nobody waits any more: what has not begun need not be done
};

struct Answer {
  std::vector<Item> items;
  std::optional<std::string> cursor;
  std::int64_t number = 0;
  std::shared_ptr<const void> room;  ///< the store's: its destructor says that the values are not held any more
};

class Store {
 public:
  /// Destroyed with its request: whoever asked counts what a store holds by that.
  using Done = std::move_only_function<void(Result<Answer>)>;

  /// Does what `request` (which check() found good) asks and calls `done`, on whatever thread, also before it returns.
  /// A write that is answered with success is durable, and every read that begins after its answer sees it.
  ///
  /// Overloaded: the quota is reached, or too much is under way. Unavailable: the store cannot be had now. Invalid: the
  /// entry or the cursor is not of the kind that the operation needs. Deadline: cancelled. Messages are for the
  /// function's author: no paths of the node.
  virtual void start(Request request, Done done) = 0;

 protected:
  ~Store() = default;
};

}  // namespace peko::keyvalue

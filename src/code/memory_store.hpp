/// MemoryStore: a store for tests, whose troubles are made by hand: calls that fail, hang, lose their answer or bring
/// other bytes than were written.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "code/store.hpp"

namespace peko::code {

/// Shared by threads, as every store.
class MemoryStore final : public Store {
 public:
  enum class Operation : std::uint8_t { List, Stat, Get, Put, Remove };
  struct Call {
    Operation operation{};
    std::string key;  ///< List: the prefix
  };
  /// When a call fails: before it does anything, or when it is done and its answer is lost.
  enum class Moment : std::uint8_t { Before, After };
  static constexpr std::size_t kForEver = SIZE_MAX;

  /// The machine's clock gives `modified`, or the one given, which outlives it.
  MemoryStore() : clock_(own_clock_) {}
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  // Troubles.

  /// Lets `skip` calls pass from now on, then fails `count`. Replaces what was said before; count 0: no failures.
  void fail_calls(std::size_t count, Code code, std::size_t skip = 0, Moment moment = Moment::Before) {
    const std::lock_guard lock(mutex_);
    failures_ = {.skip = skip, .count = count, .code = code, .moment = moment};
  }
  /// Every call from now on waits, after `release` it goes on.
  void hang() {
    const std::lock_guard lock(mutex_);
    hanging_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    hanging_ = false;
    changed_.notify_all();
  }
  /// Waits until `count` calls hang.
  void wait_until_hung(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hung_ >= count; });
  }
  /// Runs before each call, on its thread and without a lock: it may wait, use the store, or fail the call.
  void before_each(std::function<Status(const Call&)> hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::make_shared<const std::function<Status(const Call&)>>(std::move(hook));
  }
  /// What get() hands out instead of an object's bytes; size and etag stay. Empty: the bytes themselves.
  void damage(std::function<std::string(std::string_view key, std::string bytes)> how) {
    const std::lock_guard lock(mutex_);
    damage_ = std::move(how);
  }

  // What tests look at, without troubles and uncounted.

  [[nodiscard]] std::vector<Call> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::size_t count(Operation operation) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(calls_, operation, &Call::operation));
  }
  void forget_calls() {
    const std::lock_guard lock(mutex_);
    calls_.clear();
  }
  [[nodiscard]] std::vector<std::string> keys() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, object] : objects_) {
      keys.push_back(key);
    }
    return keys;
  }
  [[nodiscard]] std::optional<std::string> bytes(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto at = objects_.find(key);
    return at == objects_.end() ? std::nullopt : std::optional(*at->second.bytes);
  }
  /// Writes an object, whatever there is, as somebody else would.
  void set(std::string_view key, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    write(key, std::string(bytes));
  }
  void erase(std::string_view key) {
    const std::lock_guard lock(mutex_);
    objects_.erase(std::string(key));
  }

  // Store.

  Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override {
    PEKO_ASSERT(count > 0, "a page has room for an object");
    return call(Operation::List, prefix, check_prefix(prefix), [&]() -> Result<ObjectPage> {
      ObjectPage page;
      auto at = after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
      for (; at != objects_.end() && at->first.starts_with(prefix); ++at) {
        if (page.objects.size() == count) {
          page.next = page.objects.back().key;
          break;
        }
        page.objects.push_back(at->second.info);
      }
      return page;
    });
  }

  Result<ObjectInfo> stat(std::string_view key) override {
    return call(Operation::Stat, key, check_key(key), [&]() -> Result<ObjectInfo> {
      const auto at = objects_.find(key);
      return at == objects_.end() ? missing(key) : Result<ObjectInfo>(at->second.info);
    });
  }

  Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range = {},
                                        std::string_view unless_etag = {}) override {
    std::string bytes;
    auto info = call(Operation::Get, key, check_key(key), [&]() -> Result<std::optional<ObjectInfo>> {
      const auto at = objects_.find(key);
      if (at == objects_.end()) {
        return missing(key);
      }
      if (!unless_etag.empty() && at->second.info.etag == unless_etag) {
        return std::nullopt;
      }
      bytes = damage_ ? damage_(key, *at->second.bytes) : *at->second.bytes;
      return at->second.info;
    });
    if (!info || !*info) {
      return info;
    }
    std::string_view left = range.first < bytes.size() ? std::string_view(bytes).substr(range.first, range.size) : "";
    while (!left.empty()) {
      const std::string_view piece = left.substr(0, kPieceBytes);
      left.remove_prefix(piece.size());
      if (Status taken = sink(piece); !taken) {
        return fail(std::move(taken.error()));
      }
    }
    return info;
  }

  Result<ObjectInfo> put(std::string_view key, ByteSource& source, const PutIf& condition = {}) override {
    if (Status checked = check_key(key); !checked) {
      return fail(std::move(checked.error()));
    }
    std::string bytes;
    while (bytes.size() < source.size()) {
      const Result<std::string_view> piece = source.read(bytes.size(), kPieceBytes);
      if (!piece) {
        return fail(piece.error());
      }
      PEKO_ASSERT(!piece->empty(), "a source gives bytes until its end");
      bytes += *piece;
    }
    return call(Operation::Put, key, {}, [&]() -> Result<ObjectInfo> {
      const auto at = objects_.find(key);
      const bool there = at != objects_.end();
      if (condition.is == PutIf::Is::Absent && there) {
        return fail(Code::Conflict, shown() + ": " + std::string(key) + " is there already");
      }
      if (condition.is == PutIf::Is::Unchanged && (!there || at->second.info.etag != condition.etag)) {
        return fail(Code::Conflict, shown() + ": " + std::string(key) + " was changed meanwhile");
      }
      return write(key, std::move(bytes));
    });
  }

  Status remove(std::string_view key) override {
    return call(Operation::Remove, key, check_key(key), [&]() -> Status {
      objects_.erase(std::string(key));
      return {};
    });
  }

  [[nodiscard]] std::string shown() const override { return "memory:"; }

 private:
  struct Stored {
    ObjectInfo info;
    std::shared_ptr<const std::string> bytes;  ///< shared with who reads it
  };
  struct Failures {
    std::size_t skip = 0;
    std::size_t count = 0;
    Code code = Code::Unavailable;
    Moment moment = Moment::Before;
  };
  static constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

  std::unexpected<Error> missing(std::string_view key) const {
    return fail(Code::NotFound, shown() + ": there is no " + std::string(key));
  }

  ObjectInfo write(std::string_view key, std::string bytes) {
    ObjectInfo info{.key = std::string(key),
                    .size = bytes.size(),
                    .modified = clock_.wall_now(),
                    .etag = "\"" + std::to_string(++writes_) + "\""};
    objects_[info.key] = {.info = info, .bytes = std::make_shared<const std::string>(std::move(bytes))};
    return info;
  }

  /// Whether this call is one that fails. The lock is held.
  bool fails() {
    if (failures_.count == 0) {
      return false;
    }
    if (failures_.skip > 0) {
      --failures_.skip;
      return false;
    }
    if (failures_.count != kForEver) {
      --failures_.count;
    }
    return true;
  }

  /// Counts a call and lets it meet its troubles; `work` runs with the lock held.
  template <typename Work>
  auto call(Operation operation, std::string_view key, Status checked, Work work) -> decltype(work()) {
    if (!checked) {
      return fail(std::move(checked.error()));
    }
    const Call call{.operation = operation, .key = std::string(key)};
    std::unique_lock lock(mutex_);
    calls_.push_back(call);
    if (const auto hook = hook_; hook && *hook) {
      lock.unlock();
      if (Status passed = (*hook)(call); !passed) {
        return fail(std::move(passed.error()));
      }
      lock.lock();
    }
    if (hanging_) {
      ++hung_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !hanging_; });
      --hung_;
    }
    const bool failing = fails();
    const auto failure = [&] { return fail(failures_.code, shown() + ": " + call.key + ": made to fail"); };
    if (failing && failures_.moment == Moment::Before) {
      return failure();
    }
    auto answer = work();
    if (failing) {
      return failure();
    }
    return answer;
  }

  const SystemClock own_clock_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // all below
  std::condition_variable changed_;
  std::map<std::string, Stored, std::less<>> objects_;
  std::uint64_t writes_ = 0;
  std::vector<Call> calls_;
  Failures failures_;
  bool hanging_ = false;
  std::size_t hung_ = 0;
  std::shared_ptr<const std::function<Status(const Call&)>> hook_;
  std::function<std::string(std::string_view, std::string)> damage_;
};

}  // namespace peko::code

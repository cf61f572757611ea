/// Invocation: one call of a guest, from request head to the guest's return.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/guest_log.hpp"
#include "engine/instance.hpp"
#include "engine/limits.hpp"
#include "engine/outcome.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"
#include "net/event.hpp"

struct peko_invocation;

namespace peko::engine {

class Component;
class Worker;
class Overflow;
struct RetireInvocation;

/// Made by Worker::start, held by an InvocationPtr, lives on the worker's loop.
///
/// The holder turns it: step() runs the guest if it has something to do; then the holder moves bytes both ways; then it
/// waits for the event given at the start, which is set whenever another turn can get further. A guest that has used
/// more than kOverflowAfter of CPU is `away` on an overflow thread in the meantime, and one whose component always does
/// is so from the start: then nothing but away() and the destructor may be called.
class Invocation {
 public:
  /// Also the slice on a loop: what ends within it is not interrupted, and keeps the CPU's cache to itself.
  static constexpr std::chrono::milliseconds kOverflowAfter{2};
  /// The slice on a loop of one that has used more, and waited: enough to pass on a piece of a body.
  static constexpr std::chrono::microseconds kSliceMin{500};
  /// What one turn on a loop may take. Guests are asked to yield at the first tick after kOverflowAfter, and only an
  /// instruction that works on megabytes (or an instantiation that does) goes on for longer.
  static constexpr std::chrono::milliseconds kTurnMax{7};
  static constexpr std::size_t kBodyHighWater = 128 * 1024;  ///< bytes queued to the guest before it must read

  enum class Next : std::uint8_t { Data, End, Aborted, Pending, Trailers };

  explicit Invocation(Worker& worker) : worker_(worker) {}
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  /// Runs the guest, at most until its slice ends. Does nothing when nothing has woken it.
  void step();
  [[nodiscard]] bool away() const { return away_; }
  /// It waits for something: step() would do nothing now.
  [[nodiscard]] bool waits() const { return !woken_ && !away_; }

  /// The guest's call is over: no step will do anything.
  [[nodiscard]] bool ended() const { return (flags_ & kEnded) != 0; }
  /// It ended otherwise than by returning with a response set.
  [[nodiscard]] bool failed() const;

  [[nodiscard]] bool has_head() const;
  /// The response head; views valid until the next call on this object. Requires has_head().
  http::ResponseHead head();
  /// The next piece of the response body. End is the truth, also when the guest has failed: it ended the body before.
  Next next(http::Chunk& chunk);
  /// After Next::Trailers; views as head().
  http::Fields trailers();

  /// There is room for body bytes: the guest waits for some, or has not been given kBodyHighWater yet.
  [[nodiscard]] bool wants_body() const { return wants_body_; }
  void push(std::span<const char> bytes);
  /// Without a copy.
  void push(http::Chunk piece);
  enum class Body : std::uint8_t { Complete, Broken };
  void push_end(Body body, http::Fields trailers = {});

  GuestLog& log() { return log_; }
  /// Adds a line of ours to the log. May be called while it is away: it is there when it is home again.
  void note(std::string text);
  /// So far; while it is away, up to when it left.
  [[nodiscard]] std::chrono::nanoseconds cpu() const;
  /// How long making the instance took, start functions included; 0 before it is made, and for a warm one.
  [[nodiscard]] std::chrono::nanoseconds instantiate() const;
  /// Of a call on a fresh instance, after step() and not away: the instance is not made yet, and that takes more CPU.
  [[nodiscard]] bool starting() const;

  /// Ends it and gives back the instance if that may serve again. Requires ended(); only the destructor may follow.
  Usage finish(std::optional<Instance>& warm);

 private:
  friend class Worker;
  friend class Overflow;
  friend struct RetireInvocation;
  /// Its holder has gone; it ends when it is home.
  [[nodiscard]] bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }
  static constexpr std::uint32_t kEnded = 2 | 4;             // PEKO_DONE | PEKO_FAILED
  static constexpr std::chrono::milliseconds kSliceAway{4};  // taking turns costs each the contents of the CPU's cache
  static constexpr int kSlicesAway = 4;  // then the loop moves what the guest has written, and sends it off again

  enum class RequestBody : std::uint8_t { None, Coming };
  void begin(peko_invocation* handle, const Component& component, std::uint64_t token, RequestBody body,
             const Limits& limits, net::Event& progress);
  void wake();
  std::uint32_t poll(std::size_t thread, std::chrono::nanoseconds slice);
  // On an overflow thread: one slice; whether it wants another one there.
  bool slice(std::size_t thread);
  void go_home();
  void arrive();

  Worker& worker_;
  peko_invocation* handle_ = nullptr;
  const Component* component_ = nullptr;
  std::uint64_t token_ = 0;
  net::Event* progress_ = nullptr;
  std::uint32_t flags_ = 0;
  bool woken_ = false;
  bool self_woken_ = false;  // by the poll that is running, on its own thread
  bool unyielding_ = false;  // it or its component has held a loop: not on the loop again
  bool hungry_ = false;      // over kOverflowAfter and not waiting: goes to an overflow thread at the next step
  bool wants_body_ = false;
  bool away_ = false;
  int slices_ = 0;
  std::chrono::nanoseconds used_{0};     // CPU time up to the last turn on the loop
  std::atomic<bool> abandoned_ = false;  // the holder has gone while it was away
  GuestLog log_;
  std::vector<std::string> notes_;  // that came while it was away
};

struct RetireInvocation {
  void operator()(Invocation* invocation) const;
};
/// Destroying it cancels the call if it has not ended.
using InvocationPtr = std::unique_ptr<Invocation, RetireInvocation>;

}  // namespace peko::engine

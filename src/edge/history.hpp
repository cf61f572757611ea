/// History: what a loop remembers of its last requests and of what guests printed, for operators who look.
///
/// Written by the loop as plain stores, asked by the loop too: whoever wants to look posts a question to it. What it
/// holds is bounded, the oldest goes. Failures have a ring of their own, so that the requests that went well do not
/// push them out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/guest_lines.hpp"
#include "edge/kept_request.hpp"
#include "edge/ring.hpp"

namespace peko::edge {

/// A request, copied out of a history.
struct RequestCopy {
  KeptRequest kept;
  std::string function;  ///< empty: none
  std::string detail;

  /// Its views are into this one.
  [[nodiscard]] RequestRecord record() const;
};

/// A guest's line, copied out of a history.
struct LineCopy {
  std::string function;
  std::string request_id;  ///< empty: of none
  std::chrono::system_clock::time_point time;
  engine::GuestLine line;
};

/// Up to where somebody has read.
struct HistoryPosition {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t lines = 0;  ///< of the function that was asked for, or of all
};

/// What happened, each kind in order of time.
struct HistoryEvents {
  std::vector<RequestCopy> requests;
  std::vector<LineCopy> lines;
  std::uint64_t lost_requests = 0;  ///< of all functions: gone before they were read
  std::uint64_t lost_lines = 0;     ///< likewise, of the function that was asked for
  HistoryPosition next;
};

/// Which requests are wanted.
struct RequestFilter {
  std::string function;  ///< empty: all
  unsigned status_low = 0;
  unsigned status_high = UINT_MAX;
  std::string code;  ///< empty: all, also those without
  bool failures_only = false;
  std::string before;  ///< an id: those that began before it; empty: all
  std::chrono::system_clock::time_point since = std::chrono::system_clock::time_point::min();  ///< over by then: not
  std::size_t limit = 100;
};

/// Lives on one loop; any thread may read changes().
class History {
 public:
  /// Of one loop; 0: that is not kept.
  struct Size {
    std::size_t requests = 0;
    std::size_t failures = 0;
    std::size_t log_bytes = 0;
  };
  static constexpr std::size_t kDetailBytesMax = 4096;

  explicit History(const Size& size);

  /// A request is over. `function` stays where it is; null: none. 4 cache lines are written for one that went well.
  void add(const RequestRecord& record, const std::string* function, std::chrono::system_clock::time_point now) {
    if (requests_.size() == 0) return;
    if (is_failure(record)) return add_failure(record, function, now);
    requests_.next().set(record, function, now);
  }
  /// Takes what a guest printed. `id` empty: for no request.
  void add(std::string_view function, std::string_view id, std::vector<engine::GuestLine> lines,
           std::chrono::system_clock::time_point now);

  /// Grows when something is added. Any thread.
  [[nodiscard]] std::uint64_t changes() const { return requests_.count() + failures_.count() + lines_.count(); }

  // The loop's thread only, as all that follows:

  /// The newest that are wanted, newest first by id.
  [[nodiscard]] std::vector<RequestCopy> requests(const RequestFilter& filter) const;
  [[nodiscard]] std::optional<RequestCopy> request(std::string_view id) const;
  /// What the guest printed for a request.
  [[nodiscard]] std::vector<LineCopy> lines_of(std::string_view id) const;
  /// The newest of both kinds: at most `filter.limit` of each. `next` is the end.
  [[nodiscard]] HistoryEvents newest(const RequestFilter& filter) const;
  /// What has come since `from`, at most about `most` of each kind; `next` is where to go on.
  [[nodiscard]] HistoryEvents after(const HistoryPosition& from, const RequestFilter& filter, std::size_t most) const;

 private:
  struct Failure {
    KeptRequest kept;
    std::string detail;
  };
  void add_failure(const RequestRecord& record, const std::string* function, std::chrono::system_clock::time_point now);
  void lines_after(const HistoryPosition& from, const RequestFilter& filter, std::size_t most,
                   HistoryEvents& events) const;

  Ring<KeptRequest> requests_;
  Ring<Failure> failures_;
  GuestLines lines_;
};

}  // namespace peko::edge

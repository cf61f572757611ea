/// GuestLines: the last lines that guests printed, within a bound.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "engine/guest_log.hpp"

namespace peko::edge {

struct KeptLine {
  /// What keeping a line costs beside its text.
  static constexpr std::size_t kOverhead = 256;

  const std::string* function;  ///< its name, as long as the GuestLines
  RequestIdText id;             ///< all zero bytes: printed while an instance was made ahead of the requests
  std::chrono::system_clock::time_point time;
  engine::GuestLine line;
  std::uint64_t number;              ///< of all lines of the loop, from 0
  std::uint64_t number_of_function;  ///< of all lines of the function
  // Of the same request; null: there is none.
  KeptLine* earlier = nullptr;
  KeptLine* later = nullptr;

  [[nodiscard]] bool has_id() const { return id.characters.front() != 0; }
  [[nodiscard]] std::size_t bytes() const { return kOverhead + line.text.capacity(); }
};

/// The oldest line goes when there are too many bytes; of a function that has more than its share, its own oldest, so
/// that one that prints much leaves the others theirs. Lives on one loop; any thread may read count().
class GuestLines {
 public:
  /// A function may have this part of all bytes.
  static constexpr std::size_t kShares = 4;

  explicit GuestLines(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] bool keeps() const { return bytes_max_ > 0; }
  /// Takes a line. `id` empty: of no request. Requires keeps().
  void add(std::string_view function, std::string_view id, std::chrono::system_clock::time_point time,
           engine::GuestLine line);

  /// How many lines there have been.
  [[nodiscard]] std::uint64_t count() const { return count_.value(); }
  /// ... of one function.
  [[nodiscard]] std::uint64_t count(std::string_view function) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Oldest first.
  [[nodiscard]] const std::list<KeptLine>& lines() const { return lines_; }
  /// Of one function, oldest first; null: it has none.
  [[nodiscard]] const std::deque<std::list<KeptLine>::iterator>* lines(std::string_view function) const;
  /// The last one of a request, which leads to the others; null: it has none.
  [[nodiscard]] const KeptLine* last_of(std::string_view id) const;

 private:
  struct Share {
    std::deque<std::list<KeptLine>::iterator> lines;
    std::size_t bytes = 0;
    std::uint64_t count = 0;
  };
  struct HashOfId {
    std::size_t operator()(const RequestIdText& id) const noexcept { return std::hash<std::string_view>{}(id.view()); }
  };
  struct SameId {
    bool operator()(const RequestIdText& a, const RequestIdText& b) const { return a.view() == b.view(); }
  };
  void drop_oldest(Share& share);
  void append_to_request(KeptLine& line);
  void remove_from_request(const KeptLine& line);

  const std::size_t bytes_max_;
  std::list<KeptLine> lines_;
  std::map<std::string, Share, std::less<>> shares_;  // by name, one of each function that has ever printed
  std::unordered_map<RequestIdText, KeptLine*, HashOfId, SameId> last_of_request_;
  std::size_t bytes_ = 0;
  Counter count_;
};

}  // namespace peko::edge

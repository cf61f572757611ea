/// ShownLines: which lines of a log were shown already, for whoever follows it and has to ask again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace peko::cli {

/// The lines that were shown last: as many as a node gives of what was, so that what it gives again is told from what
/// it could not give before. Loops are asked in turn, so a line may come after younger ones. Lines are known by their
/// hashes; times are in the node's form, by which they are in order.
class ShownLines {
 public:
  explicit ShownLines(std::size_t max) : max_(max) {}

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Whether it was shown, or is older than what is remembered.
  [[nodiscard]] bool covers(const std::string& time, std::size_t hash) const {
    return time < since_ || hashes_.contains(hash);
  }
  void add(const std::string& time, std::size_t hash) {
    if (lines_.empty()) since_ = time;
    if (lines_.size() == max_) {
      since_ = std::max(since_, lines_.front().time);
      hashes_.erase(hashes_.find(lines_.front().hash));
      lines_.pop_front();
    }
    lines_.push_back({time, hash});
    hashes_.insert(hash);
  }

 private:
  struct Line {
    std::string time;
    std::size_t hash;
  };
  std::size_t max_;
  std::deque<Line> lines_;  // in the order in which they came
  std::unordered_multiset<std::size_t> hashes_;
  std::string since_;  // what is older was not asked for, or is not remembered
};

}  // namespace peko::cli

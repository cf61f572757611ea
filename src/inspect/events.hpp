/// What the loops and the trap history know, as JSON: the same lines as in the log, so that one reader does for both.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "edge/history.hpp"
#include "inspect/trap_history.hpp"

namespace peko::inspect {

// Each appends one JSON object, without a line end.
void append_json(std::string& out, const edge::RequestCopy& request);
void append_json(std::string& out, const edge::LineCopy& line);
void append_json(std::string& out, const KeptTrap& trap);

/// Collects events of several loops; gives them in order of time. What a guest printed comes before its request when
/// both have the same time, where it failed after it.
class Events {
 public:
  void add(const edge::HistoryEvents& events);
  void add(const std::vector<KeptTrap>& traps);
  /// A line each, at most the newest `limit`; empties this.
  std::string take_lines(std::size_t limit);

 private:
  struct Placed {
    std::chrono::system_clock::time_point time;
    int rank;
    std::size_t number;  // in the order of add()
    std::string json;
  };
  template <typename Thing>
  void add(std::chrono::system_clock::time_point time, int rank, const Thing& thing);

  std::vector<Placed> events_;
};

}  // namespace peko::inspect

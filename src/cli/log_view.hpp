/// What a node says of requests (/api/logs, /api/requests/ID), as people read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "edge/request_log.hpp"

namespace peko::cli {

/// "30s", "5m", "2h", "1d" in seconds; a year at the most. Invalid.
Result<std::uint64_t> seconds_of(std::string_view text);

/// Turns lines of JSON into lines for people: the same as `peko dev` shows.
class LogView {
 public:
  explicit LogView(edge::LogStyle style) : style_(style) {}

  /// The text of one line, whole lines; empty for one that says nothing (a heartbeat). Invalid: it is not JSON; what is
  /// JSON and of no known kind is shown as it is, so that a newer node can be read.
  Result<std::string> line(std::string_view json);
  /// The text of what /api/requests/ID answers. Invalid.
  Result<std::string> request(std::string_view json);
  /// The time of the line that was last made text, as the node wrote it. Empty: it has none.
  [[nodiscard]] const std::string& time() const { return time_; }

 private:
  void add_day(std::string& out, std::string_view time);

  edge::LogStyle style_;
  std::string day_;
  std::string time_;
};

}  // namespace peko::cli

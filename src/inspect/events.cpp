#include "inspect/events.hpp"

#include <algorithm>
#include <tuple>

namespace peko::inspect {

namespace {

constexpr edge::LogStyle kJson{.form = edge::LogStyle::Form::Json};

}  // namespace

void append_json(std::string& out, const edge::RequestCopy& request) {
  append_request(out, request.record(), kJson, request.kept.ended);
}

void append_json(std::string& out, const edge::LineCopy& line) {
  append_guest_line(out, line.line, line.function, line.request_id.empty() ? "-" : line.request_id, kJson, line.time);
}

void append_json(std::string& out, const KeptTrap& trap) { append_trap_report(out, trap.report, kJson, trap.time); }

template <typename Thing>
void Events::add(std::chrono::system_clock::time_point time, int rank, const Thing& thing) {
  append_json(events_.emplace_back(time, rank, events_.size(), std::string()).json, thing);
}

void Events::add(const edge::HistoryEvents& events) {
  for (const edge::LineCopy& line : events.lines) add(line.time, 0, line);
  for (const edge::RequestCopy& request : events.requests) add(request.kept.ended, 1, request);
}

void Events::add(const std::vector<KeptTrap>& traps) {
  for (const KeptTrap& trap : traps) add(trap.time, 2, trap);
}

std::string Events::take_lines(std::size_t limit) {
  std::ranges::sort(events_, {}, [](const Placed& event) { return std::tuple(event.time, event.rank, event.number); });
  std::string lines;
  for (std::size_t i = events_.size() > limit ? events_.size() - limit : 0; i < events_.size(); i++) {
    lines.append(events_[i].json).append("\n");
  }
  events_.clear();
  return lines;
}

}  // namespace peko::inspect

#include "edge/history.hpp"

#include <algorithm>
#include <utility>

namespace peko::edge {

namespace {

RequestCopy copy_of(const KeptRequest& kept, std::string_view detail) {
  return {.kept = kept,
          .function = kept.function == nullptr ? std::string() : *kept.function,
          .detail = std::string(detail)};
}

LineCopy copy_of(const KeptLine& line) {
  return {.function = *line.function,
          .request_id = line.has_id() ? std::string(line.id.view()) : std::string(),
          .time = line.time,
          .line = line.line};
}

bool is_wanted(const KeptRequest& kept, const RequestFilter& filter) {
  if (!filter.function.empty() && (kept.function == nullptr || *kept.function != filter.function)) return false;
  if (kept.status < filter.status_low || kept.status > filter.status_high) return false;
  if (!filter.before.empty() && kept.id.view() >= filter.before) return false;
  if (kept.ended < filter.since) return false;
  if (filter.code.empty()) return true;
  return kept.fault != KeptRequest::kNoFault && info(static_cast<Fault>(kept.fault)).code == filter.code;
}

// From a place in a ring on, what is wanted of what is kept. Counts what is gone already.
template <typename T, typename Take>
std::uint64_t read_after(const Ring<T>& ring, std::uint64_t from, std::size_t most, std::uint64_t& lost,
                         const Take& take) {
  std::uint64_t number = std::max(from, ring.first());
  lost += number - from;
  for (std::size_t taken = 0; number < ring.count() && taken < most; number++) taken += take(ring[number]) ? 1 : 0;
  return number;
}

}  // namespace

RequestRecord RequestCopy::record() const {
  RequestRecord made = kept.record();
  made.function = function;
  made.detail = detail;
  return made;
}

History::History(const Size& size) : requests_(size.requests), failures_(size.failures), lines_(size.log_bytes) {}

void History::add_failure(const RequestRecord& record, const std::string* function,
                          std::chrono::system_clock::time_point now) {
  Failure& place = failures_.next();
  place.kept.set(record, function, now);
  place.detail.assign(record.detail.substr(0, kDetailBytesMax));
}

void History::add(std::string_view function, std::string_view id, std::vector<engine::GuestLine> lines,
                  std::chrono::system_clock::time_point now) {
  if (!lines_.keeps()) return;
  for (engine::GuestLine& line : lines) lines_.add(function, id, now, std::move(line));
}

std::vector<RequestCopy> History::requests(const RequestFilter& filter) const {
  struct Found {
    const KeptRequest* kept;
    std::string_view detail;
  };
  std::vector<Found> found;  // about newest first, so that little is left to sort
  if (!filter.failures_only) {
    for (std::uint64_t i = requests_.count(); i-- > requests_.first();) {
      if (is_wanted(requests_[i], filter)) found.push_back({&requests_[i], requests_[i].detail()});
    }
  }
  for (std::uint64_t i = failures_.count(); i-- > failures_.first();) {
    if (is_wanted(failures_[i].kept, filter)) found.push_back({&failures_[i].kept, failures_[i].detail});
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(filter.limit, found.size()));
  std::ranges::partial_sort(found, end, std::greater<>(), [](const Found& one) { return one.kept->id.view(); });
  std::vector<RequestCopy> copies;
  for (auto one = found.begin(); one != end; ++one) copies.push_back(copy_of(*one->kept, one->detail));
  return copies;
}

std::optional<RequestCopy> History::request(std::string_view id) const {
  for (std::uint64_t i = requests_.first(); i < requests_.count(); i++) {
    if (requests_[i].id.view() == id) return copy_of(requests_[i], requests_[i].detail());
  }
  for (std::uint64_t i = failures_.first(); i < failures_.count(); i++) {
    if (failures_[i].kept.id.view() == id) return copy_of(failures_[i].kept, failures_[i].detail);
  }
  return std::nullopt;
}

std::vector<LineCopy> History::lines_of(std::string_view id) const {
  std::vector<LineCopy> copies;
  for (const KeptLine* line = lines_.last_of(id); line != nullptr; line = line->earlier) {
    copies.push_back(copy_of(*line));
  }
  std::ranges::reverse(copies);
  return copies;
}

HistoryEvents History::newest(const RequestFilter& filter) const {
  HistoryEvents events;
  events.requests = requests(filter);
  std::ranges::sort(events.requests, {}, [](const RequestCopy& copy) { return copy.kept.ended; });
  const auto keep = [&](const KeptLine& line) {
    if (line.time < filter.since || events.lines.size() >= filter.limit) return false;
    events.lines.push_back(copy_of(line));
    return true;
  };
  if (filter.failures_only) {
    // What was printed for them comes by their ids.
  } else if (filter.function.empty()) {
    for (auto line = lines_.lines().rbegin(); line != lines_.lines().rend() && keep(*line);) ++line;
  } else if (const auto* const own = lines_.lines(filter.function)) {
    for (auto line = own->rbegin(); line != own->rend() && keep(**line);) ++line;
  }
  std::ranges::reverse(events.lines);
  events.next = {.requests = requests_.count(),
                 .failures = failures_.count(),
                 .lines = filter.function.empty() ? lines_.count() : lines_.count(filter.function)};
  return events;
}

HistoryEvents History::after(const HistoryPosition& from, const RequestFilter& filter, std::size_t most) const {
  HistoryEvents events;
  const auto take = [&](const KeptRequest& kept, std::string_view detail) {
    if (!is_wanted(kept, filter)) return false;
    events.requests.push_back(copy_of(kept, detail));
    return true;
  };
  events.next.requests = requests_.count();
  if (!filter.failures_only) {
    events.next.requests = read_after(requests_, from.requests, most, events.lost_requests,
                                      [&](const KeptRequest& one) { return take(one, one.detail()); });
  }
  events.next.failures = read_after(failures_, from.failures, most, events.lost_requests,
                                    [&](const Failure& one) { return take(one.kept, one.detail); });
  lines_after(from, filter, most, events);
  return events;
}

void History::lines_after(const HistoryPosition& from, const RequestFilter& filter, std::size_t most,
                          HistoryEvents& events) const {
  const std::uint64_t end = filter.function.empty() ? lines_.count() : lines_.count(filter.function);
  events.next.lines = end;
  if (filter.failures_only || from.lines >= end) return;
  std::vector<const KeptLine*> found;  // newest first
  if (filter.function.empty()) {
    for (auto line = lines_.lines().rbegin(); line != lines_.lines().rend() && line->number >= from.lines; ++line) {
      found.push_back(&*line);
    }
  } else if (const auto* const own = lines_.lines(filter.function)) {
    for (auto line = own->rbegin(); line != own->rend() && (*line)->number_of_function >= from.lines; ++line) {
      found.push_back(&**line);
    }
  }
  events.lost_lines += end - from.lines - found.size();
  if (found.size() > most) {
    const KeptLine& first_left = *found[found.size() - most - 1];
    events.next.lines = filter.function.empty() ? first_left.number : first_left.number_of_function;
  }
  for (auto line = found.rbegin(); line != found.rend() && events.lines.size() < most; ++line) {
    events.lines.push_back(copy_of(**line));
  }
}

}  // namespace peko::edge

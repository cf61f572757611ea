#include "inspect/log_stream.hpp"

#include <array>
#include <utility>

#include "base/json.hpp"
#include "inspect/query.hpp"

namespace peko::inspect {

namespace {

constexpr std::uint64_t kPastMax = 5000;
constexpr std::uint64_t kPastDefault = 1000;
constexpr std::uint64_t kSinceMax = 365ULL * 24 * 3600;
constexpr std::array<std::string_view, 5> kKnown = {"function", "errors", "since", "limit", "follow"};

// What somebody who reads slowly is told.
std::string lost_line(std::uint64_t lines, std::uint64_t requests) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("type").value("lost").key("lines").value(lines).key("requests").value(requests).end_object();
  return out += '\n';
}

}  // namespace

Result<LogQuery> log_query(std::string_view text, std::chrono::system_clock::time_point now) {
  const Result<Query> query = Query::parse(text, kKnown);
  if (!query) return fail(query.error());
  const Result<bool> errors = query->flag("errors");
  if (!errors) return fail(errors.error());
  const Result<bool> follow = query->flag("follow");
  if (!follow) return fail(follow.error());
  const Result<std::uint64_t> since = query->number("since", 0, kSinceMax, kSinceMax);
  if (!since) return fail(since.error());
  const Result<std::uint64_t> limit = query->number("limit", 0, kPastMax, kPastDefault);
  if (!limit) return fail(limit.error());
  LogQuery made;
  made.filter.function = query->text("function");
  made.filter.failures_only = *errors;
  made.filter.limit = *limit;
  made.filter.since = now - std::chrono::seconds(*since);
  made.follow = *follow ? Follow::Yes : Follow::No;
  return made;
}

LogStream::LogStream(http::Exchange& exchange, net::Loop& home, Loops& loops, const TrapHistory& traps, LogQuery query)
    : exchange_(&exchange),
      home_(home),
      loops_(loops),
      traps_(traps),
      query_(std::move(query)),
      positions_(loops.size()),
      changes_(loops.size()),
      written_(home.now()) {}

LogStream::~LogStream() {
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->abort();
}

std::unique_ptr<LogStream> LogStream::begin(http::Exchange& exchange, net::Loop& home, Loops& loops,
                                            const TrapHistory& traps, LogQuery query) {
  std::unique_ptr<LogStream> stream(new LogStream(exchange, home, loops, traps, std::move(query)));
  static constexpr std::array<http::Field, 4> kFields{{{"content-type", "application/x-ndjson"},
                                                       {"cache-control", "no-store"},
                                                       {"x-content-type-options", "nosniff"},
                                                       {"cross-origin-resource-policy", "same-origin"}}};
  exchange.send_head({.status = 200, .fields = kFields});
  stream->question_ = Gathering<edge::HistoryEvents>::begin(
      home, loops,
      [filter = stream->query_.filter](std::size_t, const edge::Edge& edge) { return edge.history().newest(filter); },
      [self = stream.get()](Parts parts) { self->show_past(std::move(parts)); });
  return stream;
}

void LogStream::end() {
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->finish();
  question_.reset();
  disarm();
}

void LogStream::show_past(Parts parts) {
  Events events;
  for (std::size_t i = 0; i < parts.size(); i++) {
    if (!parts[i]) continue;
    positions_[i] = parts[i]->next;
    events.add(*parts[i]);
  }
  std::vector<KeptTrap> traps = traps_.after(traps_read_, query_.filter.function);
  std::erase_if(traps, [this](const KeptTrap& trap) { return trap.time < query_.filter.since; });
  events.add(traps);
  write(events.take_lines(query_.filter.limit));
  if (query_.follow == Follow::No) return end();
  look_in(kInterval);
}

bool LogStream::changed() const {
  for (std::size_t i = 0; i < changes_.size(); i++) {
    if (loops_.changes(i) != changes_[i]) return true;
  }
  return traps_.count() != traps_read_;
}

void LogStream::expired() {
  if (exchange_->gone()) {
    std::exchange(exchange_, nullptr)->abort();
    return;
  }
  if (!exchange_->writable() || !changed()) {
    if (home_.now() - written_ >= kHeartbeat && exchange_->writable()) write("\n");
    return look_in(kInterval);
  }
  for (std::size_t i = 0; i < changes_.size(); i++) changes_[i] = loops_.changes(i);
  question_ = Gathering<edge::HistoryEvents>::begin(
      home_, loops_,
      [positions = positions_, filter = query_.filter](std::size_t loop, const edge::Edge& edge) {
        return edge.history().after(positions[loop], filter, kPiece);
      },
      [this](Parts parts) { show_new(std::move(parts)); });
}

void LogStream::show_new(Parts parts) {
  Events events;
  std::uint64_t lost_lines = 0;
  std::uint64_t lost_requests = 0;
  bool more = false;
  for (std::size_t i = 0; i < parts.size(); i++) {
    if (!parts[i]) {
      changes_[i] = 0;  // asked again
      continue;
    }
    // A piece that is full may not be all.
    if (parts[i]->lines.size() >= kPiece || parts[i]->requests.size() >= kPiece) {
      changes_[i] = 0;
      more = true;
    }
    positions_[i] = parts[i]->next;
    lost_lines += parts[i]->lost_lines;
    lost_requests += parts[i]->lost_requests;
    events.add(*parts[i]);
  }
  events.add(traps_.after(traps_read_, query_.filter.function));
  std::string lines = lost_lines + lost_requests > 0 ? lost_line(lost_lines, lost_requests) : std::string();
  lines += events.take_lines(SIZE_MAX);
  write(std::move(lines));
  look_in(more ? std::chrono::milliseconds(0) : kInterval);
}

void LogStream::write(std::string lines) {
  if (lines.empty()) return;
  written_ = home_.now();
  exchange_->write(http::Chunk::of(std::move(lines)));
}

}  // namespace peko::inspect

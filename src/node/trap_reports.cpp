#include "node/trap_reports.hpp"

#include <pthread.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/file.hpp"
#include "node/failed_source.hpp"
#include "node/function_loader.hpp"

namespace peko::node {

TrapReports::TrapReports(Symbolise symbolise, ReadMap read_map, edge::LogStyle style, LogSink& log, const Clock& clock,
                         inspect::TrapHistory& history)
    : history_(history),
      symbolise_(std::move(symbolise)),
      read_map_(std::move(read_map)),
      style_(style),
      clock_(clock),
      sink_(log),
      log_(log),
      thread_([this] {
        pthread_setname_np(pthread_self(), "peko-traps");
        run();
        const std::lock_guard lock(mutex_);
        ended_ = true;
        over_.notify_all();
      }) {}

TrapReports::~TrapReports() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  write_waiting();
}

bool TrapReports::stop(std::chrono::milliseconds patience) {
  bool ended = false;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
    ended = over_.wait_for(lock, patience, [this] { return ended_; });
  }
  write_waiting();
  return ended;
}

// The thread takes nothing more, but may still write what it has.
void TrapReports::write_waiting() {
  std::deque<Job> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(waiting_);
  }
  LogSink::Producer log(sink_);
  for (const Job& job : left) write(log, job.report);
}

bool TrapReports::explain(edge::TrapReport& report, edge::TrapPlaces& places) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < kWaitingMax) {
      waiting_.push_back({std::move(report), std::move(places)});
      wake_.notify_one();
      return true;
    }
  }
  history_.add(report, clock_.wall_now());
  return false;
}

void TrapReports::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (job.places.kind == code::CodeKind::Script) {
      map_script(job);
    } else {
      learn(job.places);
      fill_in(job);
    }
    if (job.places.then) job.report.source = failed_source(job.places.project, job.report.frames);
    write(log_, job.report);
    if (job.places.then) job.places.then(std::move(job.report));
  }
}

void TrapReports::learn(const edge::TrapPlaces& places) {
  edge::TrapPlaces unknown{.component = places.component, .hash = places.hash, .offsets = {}};
  for (const std::uint32_t offset : places.offsets) {
    if (offset != 0 && !known_.contains({places.hash, offset})) unknown.offsets.push_back(offset);
  }
  if (unknown.offsets.empty()) return;
  if (known_.size() >= kKnownMax) known_.clear();
  Places found = symbolise_(unknown);
  PEKO_ASSERT(found.size() == unknown.offsets.size(), "there is an answer for each offset");
  // Nothing is an answer too: what has no debug information, or kills the child, is not asked for again.
  for (std::size_t i = 0; i < found.size(); i++) known_[{places.hash, unknown.offsets[i]}] = std::move(found[i]);
}

void TrapReports::fill_in(Job& job) const {
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < job.report.frames.size(); i++) {
    const auto known =
        i < job.places.offsets.size() ? known_.find({job.places.hash, job.places.offsets[i]}) : known_.end();
    const std::string& name = job.report.frames[i];
    if (known == known_.end() || known->second.empty()) {
      frames.push_back(name);
      continue;
    }
    // What the compiler has inlined has its name in the debug information, or none at all.
    for (const std::string& place : known->second) {
      const bool outermost = &place == &known->second.back();
      frames.push_back(place.starts_with("at ") ? (outermost ? name : "?") + " " + place : place);
    }
  }
  job.report.frames = std::move(frames);
}

void TrapReports::map_script(Job& job) {
  const code::SourceMap* map = map_of(job.places);
  if (map == nullptr) return;
  for (std::string& frame : job.report.frames) frame = code::mapped_frame(frame, *map);
}

// Null: there is none for now. One that is missing or damaged is remembered as one without places.
const code::SourceMap* TrapReports::map_of(const edge::TrapPlaces& script) {
  const bool deployed = script.source_map != Digest{};
  if (deployed) {
    if (const auto known = maps_.find(script.source_map); known != maps_.end()) return &known->second;
    if (clock_.now() < maps_paused_until_) return nullptr;
  }
  const Result<std::string> text = read_map_(script);
  if (!text && is_outage(text.error().code)) maps_paused_until_ = clock_.now() + kOutagePause;
  if (!text && (!deployed || is_outage(text.error().code))) return nullptr;
  // What lies beside a bundle changes while it has the name: its text tells which one it is.
  const Digest hash = deployed ? script.source_map : sha256(*text);
  if (const auto known = maps_.find(hash); known != maps_.end()) return &known->second;
  code::SourceMap map = text ? code::SourceMap::parse(*text).value_or(code::SourceMap()) : code::SourceMap();
  if (maps_.size() >= kMapsMax || maps_bytes_ + map.bytes() > kMapsBytesMax) {
    maps_.clear();
    maps_bytes_ = 0;
  }
  maps_bytes_ += map.bytes();
  return &maps_.emplace(hash, std::move(map)).first->second;
}

void TrapReports::write(LogSink::Producer& log, const edge::TrapReport& report) {
  std::string text;
  const auto now = clock_.wall_now();
  history_.add(report, now);
  append_trap_report(text, report, style_, now);
  log.append(text);
  log.flush();
}

}  // namespace peko::node

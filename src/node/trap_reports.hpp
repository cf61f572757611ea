/// TrapReports: finds files and lines for reports of traps, and writes them to the log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "code/source_map.hpp"
#include "edge/trap_report.hpp"
#include "inspect/trap_history.hpp"

namespace peko::node {

/// One thread, so that a function that traps at each request keeps no more than one child busy. What was found is
/// remembered: the same place costs one child, once.
class TrapReports final : public edge::TrapExplainer {
 public:
  using Places = std::vector<std::vector<std::string>>;
  /// symbolise_in_child, or a fake: as many places as there are offsets.
  using Symbolise = std::function<Places(const edge::TrapPlaces&)>;

  /// The text of a script's source map; NodeFunctions::source_map, or a fake.
  using ReadMap = std::function<Result<std::string>(const edge::TrapPlaces&)>;

  static constexpr std::size_t kWaitingMax = 64;              ///< reports that wait; more are written without lines
  static constexpr std::size_t kMapsMax = 1000;               ///< source maps that are remembered, and
  static constexpr std::size_t kMapsBytesMax = 64ULL << 20U;  ///< their memory; then it begins anew
  static constexpr std::chrono::seconds kOutagePause{10};     ///< how long a store that is down is not asked for maps
  static constexpr std::size_t kKnownMax = 10'000;            ///< offsets that are remembered; then it begins anew

  /// `log`, `clock` and `history`, which is told of each report, outlive it.
  TrapReports(Symbolise symbolise, ReadMap read_map, edge::LogStyle style, LogSink& log, const Clock& clock,
              inspect::TrapHistory& history);
  /// As stop(), but waits for what runs however long it takes.
  ~TrapReports();
  TrapReports(const TrapReports&) = delete;
  TrapReports& operator=(const TrapReports&) = delete;

  bool explain(edge::TrapReport& report, edge::TrapPlaces& places) override;

  /// Writes what waits, as it is, and takes no more. False when what runs has not ended after `patience`: the store
  /// does not answer, and the thread is to be left behind with the process.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Job {
    edge::TrapReport report;
    edge::TrapPlaces places;
  };
  using Key = std::pair<Digest, std::uint32_t>;

  void run();
  // Asks for the offsets that are not known yet.
  void learn(const edge::TrapPlaces& places);
  // The frames with what is known of them.
  void fill_in(Job& job) const;
  // The frames of a script, by its source map if there is one.
  void map_script(Job& job);
  const code::SourceMap* map_of(const edge::TrapPlaces& script);
  void write_waiting();
  void write(LogSink::Producer& log, const edge::TrapReport& report);

  inspect::TrapHistory& history_;
  const Symbolise symbolise_;
  const ReadMap read_map_;
  const edge::LogStyle style_;
  const Clock& clock_;
  LogSink& sink_;
  // The thread's:
  LogSink::Producer log_;
  std::map<Key, std::vector<std::string>> known_;
  std::map<Digest, code::SourceMap> maps_;  // by the hash of their text
  std::size_t maps_bytes_ = 0;
  std::chrono::steady_clock::time_point maps_paused_until_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable over_;
  // Under the mutex:
  std::deque<Job> waiting_;
  bool stopping_ = false;
  bool ended_ = false;  // the thread does nothing more

  std::thread thread_;
};

}  // namespace peko::node

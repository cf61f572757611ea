/// SqliteStore: stores of functions as SQLite files in a folder of this machine: <folder>/<function>/<store>.sqlite.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "keyvalue/store.hpp"
#include "keyvalue/usage.hpp"

namespace peko::keyvalue {

struct SqliteOptions {
  std::filesystem::path folder;  ///< made when the first entry is written
  /// They wait for the disk most of the time, and each works on one file.
  unsigned threads_max = 4;
  /// Open at once; the one that is unused for longest is closed for another. Each takes up to six descriptors and half
  /// a megabyte of cache.
  std::size_t files_max = 128;
};

/// Reads of a file are done one after another, and beside its writes. Writes that have come while the disk was busy
/// share the next transaction, and so its fsync.
///
/// Several processes may have one folder, on a local disk: they take turns. Any thread may start; `done` is called on
/// threads of the store's, which are made when they are needed.
class SqliteStore final : public Store {
 public:
  /// Operations that wait for one file; more are refused as Overloaded.
  static constexpr std::size_t kWaitingMax = 4096;
  /// What answers hold that nobody has taken yet; while there are more, reads are refused.
  static constexpr std::size_t kHeldBytesMax = 256U << 20;

  /// `clock` and `log`, which hears what the operator should know, outlive the threads.
  SqliteStore(SqliteOptions options, const Clock& clock, LogSink& log);
  /// stop() comes first, unless nothing was started.
  ~SqliteStore();
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  void start(Request request, Done done) override;

  /// What was asked of it, and what it holds. As old as the store.
  [[nodiscard]] const UsageTable& usage() const;

  /// Answers what waits with Unavailable, lets what runs end, and closes the files. False when that has not ended after
  /// `patience`: the disk does not answer, and the threads are left behind.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with threads that may be left behind
};

}  // namespace peko::keyvalue

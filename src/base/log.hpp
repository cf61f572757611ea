/// Log lines from many threads to one file descriptor, without ever making a loop wait.
///
/// A loop appends to a buffer of its own (no lock) and hands it over once per turn (one short lock). One thread writes.
/// When whoever reads the other end is too slow, the queue fills up to its bound and lines are dropped, counted, and
/// reported by a line of their own as soon as there is room again. The time a request takes never depends on the log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace peko {

enum class LogLevel : std::uint8_t { Error, Warn, Info, Debug };

std::string_view to_string(LogLevel level);

enum class LogForm : std::uint8_t {
  Text,      ///< 2026-01-31T12:00:00.000Z warn  message
  Coloured,  ///< Text, the level coloured
  Json,      ///< {"ts":"2026-01-31T12:00:00.000Z","level":"warn","msg":"message"}
};

/// Coloured when `fd` is a terminal and the environment does not set NO_COLOR (no-color.org), else Text.
LogForm text_form_for(int fd);

/// Appends one line without its line end. In text, further lines of the message are indented and control characters
/// shown as \x1b: no message can fake a line or steer a terminal.
void append_log_line(std::string& out, LogForm form, LogLevel level, std::chrono::system_clock::time_point time,
                     std::string_view message);

/// Appends "2026-01-31T12:00:00.000Z".
void append_timestamp(std::string& out, std::chrono::system_clock::time_point time);

/// Owns the writing thread. Outlives its producers.
class LogSink {
 public:
  struct Options {
    LogForm form = LogForm::Text;
    LogLevel level_max = LogLevel::Info;  ///< write() ignores what is more talkative
    /// Handed over and not yet written; some 40,000 request lines.
    std::size_t queue_bytes_max = std::size_t{8} << 20U;
    /// A producer hands over by itself when it has this much.
    std::size_t producer_bytes_max = std::size_t{256} << 10U;
    /// How long the writer waits for more before it writes, to write seldom.
    std::chrono::milliseconds gather{5};
    /// How long stop() waits for a reader that does not read.
    std::chrono::milliseconds stop_timeout{2000};
  };

  /// One thread's way into the sink: lines go in by append() and reach the sink with flush(). The destructor flushes.
  class Producer {
   public:
    explicit Producer(LogSink& sink) : sink_(sink) {}
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;
    ~Producer() { flush(); }

    /// Copies a finished line (without line end).
    void append(std::string_view line);
    /// Formats and appends a message, unless it is more talkative than the sink wants.
    void write(LogLevel level, std::string_view message);
    /// At the end of a loop's turn: hands over what there is. Cheap when there is nothing.
    void flush();

   private:
    LogSink& sink_;
    std::string buffer_;
    std::uint64_t lines_ = 0;
  };

  /// Starts writing to `fd`, which stays the caller's and is open until stop() has returned; so is `clock`.
  static std::unique_ptr<LogSink> start(int fd, Options options, const Clock& clock);
  /// stop() comes first.
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  /// A message of any thread; takes the lock, so not for each request.
  void write(LogLevel level, std::string_view message);
  [[nodiscard]] bool wants(LogLevel level) const { return level <= options_.level_max; }
  [[nodiscard]] LogForm form() const { return options_.form; }
  /// Lines that were dropped so far, for the metrics.
  [[nodiscard]] std::uint64_t dropped() const;

  /// Writes everything out (at most stop_timeout long) and ends the thread. What comes later is dropped. Once or more
  /// often.
  void stop();

 private:
  struct Batch {
    std::string bytes;
    std::uint64_t lines = 0;
  };

  LogSink(int fd, Options options, const Clock& clock);
  /// Takes the batch and leaves an empty buffer, or drops it. Wakes the writer if it sleeps.
  void enqueue(std::string& bytes, std::uint64_t lines);
  void run();
  /// Waits for lines, moves them to `batches` and the count to report to `dropped`. False: nothing is left and stop()
  /// was called.
  bool take(std::vector<Batch>& batches, std::uint64_t& dropped);
  /// Writes until done, an error, or the end of stop()'s patience; false for the latter two.
  bool write_out(std::string_view bytes);
  [[nodiscard]] bool out_of_patience();

  const int fd_;
  const Options options_;
  const Clock& clock_;
  bool regular_file_ = false;
  bool gave_up_ = false;  // the writer's: stop()'s patience has ended

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Under the mutex:
  std::vector<Batch> queue_;
  std::vector<std::string> spares_;  // buffers to give back to producers
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_total_ = 0;
  std::uint64_t dropped_unreported_ = 0;
  bool writer_sleeps_ = false;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point patience_ends_;

  std::thread thread_;
};

}  // namespace peko

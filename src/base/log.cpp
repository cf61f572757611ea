#include "base/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"

namespace peko {
namespace {

// The writer does not wait for more once this much is queued.
constexpr std::size_t kEnough = 64U << 10U;
constexpr std::size_t kSparesMax = 64;

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::Error: return "\x1b[31m";
    case LogLevel::Warn: return "\x1b[33m";
    case LogLevel::Info: return "\x1b[32m";
    case LogLevel::Debug: return "\x1b[2m";
  }
  return "";
}

bool harmless(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

void append_text(std::string& out, std::string_view message) {
  while (!message.empty()) {
    const auto bad = std::ranges::find_if_not(message, harmless);
    out.append(message.begin(), bad);
    message.remove_prefix(static_cast<std::size_t>(bad - message.begin()));
    if (message.empty()) return;
    const char c = message.front();
    message.remove_prefix(1);
    if (c == '\n') {
      if (!message.empty()) out += "\n    ";
    } else if (c == '\t') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
}

void append_digits(std::string& out, unsigned value, int digits) {
  char text[8];
  for (int i = digits; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

// For the writing thread: signals are for the threads that expect them, and a closed pipe is an error, not a death.
void block_signals(sigset_t& before) {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, &before);
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Error: return "error";
    case LogLevel::Warn: return "warn";
    case LogLevel::Info: return "info";
    case LogLevel::Debug: return "debug";
  }
  return "unknown";
}

LogForm text_form_for(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool unwanted = no_color != nullptr && *no_color != '\0';
  return !unwanted && ::isatty(fd) == 1 ? LogForm::Coloured : LogForm::Text;
}

void append_timestamp(std::string& out, std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(milliseconds - day);
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  append_digits(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
}

void append_log_line(std::string& out, LogForm form, LogLevel level, std::chrono::system_clock::time_point time,
                     std::string_view message) {
  if (form == LogForm::Json) {
    out += "{\"ts\":\"";
    append_timestamp(out, time);
    out += "\",\"level\":\"";
    out += to_string(level);
    out += "\",\"msg\":";
    append_json_string(out, message);
    out += '}';
    return;
  }
  append_timestamp(out, time);
  out += ' ';
  if (form == LogForm::Coloured) out += colour_of(level);
  out += to_string(level);
  if (form == LogForm::Coloured) out += "\x1b[0m";
  out.append(6 - to_string(level).size(), ' ');
  append_text(out, message);
}

void LogSink::Producer::append(std::string_view line) {
  buffer_ += line;
  buffer_ += '\n';
  ++lines_;
  if (buffer_.size() >= sink_.options_.producer_bytes_max) flush();
}

void LogSink::Producer::write(LogLevel level, std::string_view message) {
  if (!sink_.wants(level)) return;
  append_log_line(buffer_, sink_.form(), level, sink_.clock_.wall_now(), message);
  append({});
}

void LogSink::Producer::flush() {
  if (lines_ == 0) return;
  sink_.enqueue(buffer_, std::exchange(lines_, 0));
}

LogSink::LogSink(int fd, Options options, const Clock& clock) : fd_(fd), options_(options), clock_(clock) {
  struct stat status{};
  regular_file_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

std::unique_ptr<LogSink> LogSink::start(int fd, Options options, const Clock& clock) {
  std::unique_ptr<LogSink> sink(new LogSink(fd, options, clock));
  sigset_t before;
  block_signals(before);
  sink->thread_ = std::thread([raw = sink.get()] { raw->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return sink;
}

LogSink::~LogSink() { PEKO_ASSERT(!thread_.joinable(), "stop() comes before the destructor"); }

void LogSink::write(LogLevel level, std::string_view message) {
  if (!wants(level)) return;
  std::string line;
  append_log_line(line, options_.form, level, clock_.wall_now(), message);
  line += '\n';
  enqueue(line, 1);
}

std::uint64_t LogSink::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_total_;
}

void LogSink::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) patience_ends_ = std::chrono::steady_clock::now() + options_.stop_timeout;
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogSink::enqueue(std::string& bytes, std::uint64_t lines) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queued_bytes_ + bytes.size() > options_.queue_bytes_max) {
      dropped_total_ += lines;
      dropped_unreported_ += lines;
      bytes.clear();
      return;
    }
    const std::size_t before = queued_bytes_;
    queued_bytes_ += bytes.size();
    queue_.push_back({.bytes = std::move(bytes), .lines = lines});
    bytes.clear();
    if (!spares_.empty()) {
      bytes = std::move(spares_.back());
      spares_.pop_back();
    }
    wake = writer_sleeps_ || (before < kEnough && queued_bytes_ >= kEnough);
    writer_sleeps_ = false;
  }
  if (wake) wake_.notify_one();
}

bool LogSink::take(std::vector<Batch>& batches, std::uint64_t& dropped) {
  std::unique_lock lock(mutex_);
  for (Batch& batch : batches) {
    queued_bytes_ -= batch.bytes.size();
    batch.bytes.clear();
    if (spares_.size() < kSparesMax) spares_.push_back(std::move(batch.bytes));
  }
  batches.clear();
  writer_sleeps_ = queue_.empty();
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || dropped_unreported_ != 0; });
  writer_sleeps_ = false;
  wake_.wait_for(lock, options_.gather, [this] { return stopping_ || queued_bytes_ >= kEnough; });
  std::swap(batches, queue_);
  dropped = std::exchange(dropped_unreported_, 0);
  return !batches.empty() || dropped != 0;
}

void LogSink::run() {
  std::vector<Batch> batches;
  std::uint64_t dropped = 0;
  while (take(batches, dropped)) {
    std::uint64_t lost = 0;
    for (const Batch& batch : batches) {
      if (!write_out(batch.bytes)) lost += batch.lines;
    }
    if (dropped != 0) {
      std::string line;
      append_log_line(line, options_.form, LogLevel::Warn, clock_.wall_now(),
                      fmt::format("{} log lines were dropped: whoever reads the log is too slow", dropped));
      line += '\n';
      write_out(line);
    }
    if (lost != 0) {
      const std::lock_guard lock(mutex_);
      dropped_total_ += lost;
    }
  }
}

bool LogSink::write_out(std::string_view bytes) {
  while (!bytes.empty() && !gave_up_) {
    // poll(2) promises no more than PIPE_BUF bytes without blocking, and a blocked write could not be ended by stop().
    std::size_t size = bytes.size();
    if (!regular_file_) {
      size = std::min<std::size_t>(size, PIPE_BUF);
      pollfd wanted{.fd = fd_, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&wanted, 1, 100);
      if (ready < 0 && errno != EINTR) return false;
      if (ready <= 0) {
        gave_up_ = out_of_patience();
        continue;
      }
    }
    const ssize_t n = ::write(fd_, bytes.data(), size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return bytes.empty();
}

bool LogSink::out_of_patience() {
  const std::lock_guard lock(mutex_);
  return stopping_ && std::chrono::steady_clock::now() >= patience_ends_;
}

}  // namespace peko

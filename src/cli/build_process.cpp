#include "cli/build_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/unique_fd.hpp"

namespace peko::cli {
namespace {

using std::chrono::steady_clock;

/// How long a build that was told to stop may clean up after itself.
constexpr std::chrono::seconds kStopTime{5};

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

/// Where the handler writes the numbers of signals; -1: nowhere.
std::atomic<int> signal_pipe = -1;

void take_signal(int number) {
  const int error = errno;
  const char byte = static_cast<char>(number);
  (void)!::write(signal_pipe.load(), &byte, 1);
  errno = error;
}

/// While it lives, signals that would end the process can be read, whichever thread gets them. Those that are ignored
/// (as by nohup) stay so.
class CaughtSignals {
 public:
  CaughtSignals() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
    signal_pipe = writing_.get();
    for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
      ::sigaction(kStopSignals.at(i), nullptr, &before_.at(i));
      if (before_.at(i).sa_handler == SIG_IGN) continue;
      struct sigaction caught{};
      caught.sa_handler = take_signal;
      caught.sa_flags = SA_RESTART;
      ::sigaction(kStopSignals.at(i), &caught, nullptr);
    }
  }
  ~CaughtSignals() {
    if (!reading_) return;
    for (std::size_t i = 0; i < kStopSignals.size(); ++i) ::sigaction(kStopSignals.at(i), &before_.at(i), nullptr);
    signal_pipe = -1;
  }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;

  [[nodiscard]] int descriptor() const { return reading_.get(); }
  /// The number of one that has come; 0: none.
  [[nodiscard]] int take() const {
    char byte = 0;
    return ::read(reading_.get(), &byte, 1) == 1 ? byte : 0;
  }

 private:
  UniqueFd reading_;
  UniqueFd writing_;
  std::array<struct sigaction, kStopSignals.size()> before_{};
};

/// Gives the group time to end, and ends it; another signal ends it at once.
void end_group(const BuildChild& child, const CaughtSignals& signals, steady_clock::time_point deadline) {
  pollfd signal = {.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
  while (child.group_lives() && steady_clock::now() < deadline && ::poll(&signal, 1, 10) <= 0) {
  }
  child.tell(SIGKILL);
}

struct End {
  int status = 0;   ///< of waitpid
  int stopped = 0;  ///< the signal that this process got; 0: none
};

End wait_for(BuildChild& child, const CaughtSignals& signals) {
  End end;
  int& stopped = end.stopped;
  auto deadline = steady_clock::time_point::max();
  for (;;) {
    std::array<pollfd, 2> ready = {pollfd{.fd = child.descriptor(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
    ::poll(ready.data(), ready.size(), stopped == 0 ? -1 : 100);
    if (const int signal = signals.take(); signal != 0) {
      if (stopped == 0) deadline = steady_clock::now() + kStopTime;
      child.tell(stopped == 0 ? signal : SIGKILL);
      stopped = signal;
    }
    if (stopped != 0 && steady_clock::now() >= deadline) child.tell(SIGKILL);
    if ((ready[0].revents & POLLIN) != 0) break;
  }
  end.status = child.end();
  if (stopped != 0) end_group(child, signals, deadline);
  return end;
}

}  // namespace

Status run_build(const BuildPlan& plan) {
  const CaughtSignals signals;
  if (signals.descriptor() < 0) {
    return fail(Code::Unavailable, fmt::format("watching for signals: {}", std::strerror(errno)));
  }
  Result<BuildChild> child = BuildChild::start(plan);
  if (!child) return fail(std::move(child.error()));
  const End end = wait_for(*child, signals);
  if (end.stopped == 0) return judge_build(plan, end.status);
  return fail(Code::Unavailable, fmt::format("stopped ({}) while {} ran", ::strsignal(end.stopped), shown_build(plan)));
}

}  // namespace peko::cli

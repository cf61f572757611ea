#include "cli/build_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace peko::cli {
namespace {

using std::chrono::steady_clock;

/// How long a build that was told to stop may clean up after itself: somebody waits for the next one.
constexpr std::chrono::milliseconds kStopTime{500};

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {.reading = UniqueFd(ends[0]), .writing = UniqueFd(ends[1])};
}

/// Hands on one piece of what there is: who prints without a pause must not keep anybody here. False at the end of the
/// output.
bool hear(const UniqueFd& output, const std::function<void(std::string_view)>& on_output) {
  std::array<char, 16'384> piece{};
  const ssize_t count = ::read(output.get(), piece.data(), piece.size());
  if (count > 0) on_output({piece.data(), static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

/// Hands on what is there now, and at most one piece of what comes meanwhile.
void hear_the_rest(const UniqueFd& output, const std::function<void(std::string_view)>& on_output) {
  int left = 0;
  ::ioctl(output.get(), FIONREAD, &left);
  const auto count = [&](std::string_view text) {
    left -= static_cast<int>(text.size());
    on_output(text);
  };
  while (left > 0 && hear(output, count)) {
  }
}

/// Ends the group: when nobody holds its output any more, or time is up, nothing of it is left. What it prints on its
/// way out interests nobody.
void end_group(BuildChild& child, const UniqueFd& output) {
  child.tell(SIGTERM);
  const auto deadline = steady_clock::now() + kStopTime;
  pollfd more = {.fd = output ? output.get() : child.descriptor(), .events = POLLIN, .revents = 0};
  while (steady_clock::now() < deadline && ::poll(&more, 1, 10) >= 0 &&
         (more.revents == 0 || (output && hear(output, [](std::string_view) {})))) {
  }
  child.tell(SIGKILL);
  (void)child.end();
}

}  // namespace

StopWish::StopWish() {
  Pipe pipe = make_pipe();
  reading_ = std::move(pipe.reading);
  writing_ = std::move(pipe.writing);
}

void StopWish::stop() { writing_.close(); }

bool StopWish::stopped() const {
  pollfd wish = {.fd = reading_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&wish, 1, 0) > 0;
}

Status run_build_until(BuildPlan plan, const StopWish& stop, const std::function<void(std::string_view)>& on_output) {
  Pipe output = make_pipe();
  if (!output.reading) return fail(Code::Unavailable, fmt::format("making a pipe: {}", std::strerror(errno)));
  plan.output = output.writing.get();
  plan.errors = output.writing.get();
  Result<BuildChild> child = BuildChild::start(plan);
  if (!child) return fail(std::move(child.error()));
  output.writing.close();
  for (;;) {
    std::array<pollfd, 3> ready = {pollfd{.fd = child->descriptor(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = stop.descriptor(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = output.reading.get(), .events = POLLIN, .revents = 0}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) {
      end_group(*child, output.reading);
      return fail(Code::Unavailable, fmt::format("stopped while {} ran", shown_build(plan)));
    }
    if (ready[2].revents != 0 && !hear(output.reading, on_output)) output.reading.close();
    if ((ready[0].revents & POLLIN) != 0) break;
  }
  // A process that it leaves behind may keep the pipe open: what is there now is all.
  if (output.reading) hear_the_rest(output.reading, on_output);
  return judge_build(plan, child->end());
}

}  // namespace peko::cli

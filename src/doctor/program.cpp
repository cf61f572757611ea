#include "doctor/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "base/child_environment.hpp"
#include "base/child_start.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace peko::doctor {
namespace {

constexpr std::size_t kOutputMax = std::size_t{64} << 10;

struct Child {
  pid_t pid;
  UniqueFd output;
};

Result<Child> start(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Code::Unavailable, std::strerror(errno));
  UniqueFd output(ends[0]);
  const UniqueFd input(ends[1]);
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Result<pid_t> pid =
      ChildStart().give(STDOUT_FILENO, input.get()).start(program, std::move(words), environment_without_secrets());
  if (!pid) return fail(std::move(pid.error()), fmt::format("{} cannot be started", program.string()));
  return Child{.pid = *pid, .output = std::move(output)};
}

using Time = std::chrono::steady_clock::time_point;

/// Waits until it can be read, or has ended. False when the deadline comes first.
bool is_ready(const UniqueFd& descriptor, Time deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{.fd = descriptor.get(), .events = POLLIN, .revents = 0};
    if (left.count() <= 0) return false;
    if (::poll(&readable, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

/// Everything until the end; nothing when the deadline comes first.
std::optional<std::string> read_until(const UniqueFd& output, Time deadline) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    if (!is_ready(output, deadline)) return std::nullopt;
    const ssize_t size = ::read(output.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), std::min(static_cast<std::size_t>(size), kOutputMax - text.size()));
  }
}

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path) {
  for (const std::string_view folder : split(path, ':')) {
    std::filesystem::path file = std::filesystem::path(folder) / name;
    std::error_code ignored;
    if (!folder.empty() && std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) {
      return file;
    }
  }
  return std::nullopt;
}

Result<std::string> output_of(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds timeout) {
  Result<Child> child = start(program, arguments);
  if (!child) return fail(std::move(child.error()));
  const Time deadline = std::chrono::steady_clock::now() + timeout;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child->pid, 0)));
  std::optional<std::string> text = read_until(child->output, deadline);
  // One that has closed its output may go on all the same.
  if (text && process && !is_ready(process, deadline)) text.reset();
  if (!text) ::kill(-child->pid, SIGKILL);  // the whole group: what it has started, too
  const int status = reap(child->pid);
  if (!text) return fail(Code::Unavailable, fmt::format("{} does not answer", program.string()));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Code::Unavailable, fmt::format("{} fails", program.string()));
  }
  return std::move(*text);
}

}  // namespace peko::doctor

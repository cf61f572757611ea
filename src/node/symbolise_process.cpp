#include "node/symbolise_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/child_start.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace peko::node {

namespace {

// A component of 100 MiB takes a second; nobody waits for the answer but the end of the node.
constexpr std::chrono::seconds kPatience{15};
constexpr std::size_t kPrintedBytesMax = 256 * 1024;
constexpr std::size_t kPlaceBytesMax = 400;  // names of C++ templates can have thousands

// Starts the child with its output in a pipe. 0 when it cannot be started.
pid_t spawn(std::vector<std::string> words, UniqueFd& output) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return 0;
  output = UniqueFd(ends[0]);
  const UniqueFd child_end(ends[1]);
  return ChildStart().give(STDOUT_FILENO, child_end.get()).start("/proc/self/exe", std::move(words), {}).value_or(0);
}

// All that the child prints, until it has ended. One that prints too much or takes too long is stopped.
std::string read_all(int fd, pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      ::kill(pid, SIGKILL);
      return text;
    }
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (text.size() > kPrintedBytesMax) {
      ::kill(pid, SIGKILL);
      return text;
    }
  }
}

std::string place_of(std::string_view function, std::string_view file, std::string_view line, std::string_view column) {
  std::string place(function);
  if (place.size() > kPlaceBytesMax) place.replace(kPlaceBytesMax, std::string::npos, "...");
  if (!file.empty()) place.append(place.empty() ? "at " : " at ").append(file);
  if (!file.empty() && line != "0") place.append(":").append(line);
  if (!file.empty() && line != "0" && column != "0") place.append(":").append(column);
  return place;
}

}  // namespace

std::vector<std::vector<std::string>> read_places(std::string_view printed, std::size_t count) {
  std::vector<std::vector<std::string>> places(count);
  for (const std::string_view line : split(printed, '\n')) {
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() != 5) continue;
    std::size_t frame = count;
    std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), frame);
    if (frame < count) places[frame].push_back(place_of(fields[1], fields[2], fields[3], fields[4]));
  }
  return places;
}

std::vector<std::vector<std::string>> symbolise_in_child(const edge::TrapPlaces& places) {
  std::vector<std::string> words = {"peko", "symbolise-worker", "--hash", hex(places.hash)};
  for (const std::uint32_t offset : places.offsets) {
    words.emplace_back("--offset");
    words.push_back(std::to_string(offset));
  }
  words.push_back(places.component.string());
  UniqueFd output;
  const pid_t pid = spawn(std::move(words), output);
  if (pid == 0) return std::vector<std::vector<std::string>>(places.offsets.size());
  const std::string printed = read_all(output.get(), pid);
  return read_places(reap(pid) == 0 ? std::string_view(printed) : std::string_view(), places.offsets.size());
}

}  // namespace peko::node

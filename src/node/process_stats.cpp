#include "node/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <string>

#include "base/file.hpp"

namespace peko::node {
namespace {

// The second number of /proc/self/statm: resident pages (proc(5)).
std::uint64_t resident_bytes() {
  constexpr std::size_t kStatmBytesMax = 4096;
  const Result<std::string> statm = read_file("/proc/self/statm", kStatmBytesMax);
  const std::size_t space = statm ? statm->find(' ') : std::string::npos;
  if (space == std::string::npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(statm->data() + space + 1, statm->data() + statm->size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::nanoseconds time_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ProcessStats read_process_stats() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {.resident_bytes = resident_bytes(), .cpu = time_of(usage.ru_utime) + time_of(usage.ru_stime)};
}

}  // namespace peko::node

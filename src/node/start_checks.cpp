#include "node/start_checks.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>

#include "base/file.hpp"
#include "base/text.hpp"

namespace peko::node {

namespace {

// Open files: log, signals, artifacts being loaded; epoll, event and listener of a loop; a client and one outbound
// connection of an instance.
constexpr std::uint64_t kFiles = 64;
constexpr std::uint64_t kFilesPerThread = 16;
constexpr std::uint64_t kFilesPerInstance = 2;
// Mappings, measured: the stack of an instance and its guard from the start, four more for one with one memory while it
// lives; components have up to three memories.
constexpr std::uint64_t kMaps = 1000;
constexpr std::uint64_t kMapsPerInstance = 2 + 8;
// Address space, measured: three memories of 4 GiB with their guards, tables and a stack.
constexpr std::uint64_t kSpace = std::uint64_t{8} << 30;
constexpr std::uint64_t kSpacePerInstance = (std::uint64_t{12} << 30) + (std::uint64_t{512} << 20);

// A function that is loaded, measured: its artifact stays open and is mapped in up to four pieces.
constexpr std::uint64_t kFilesPerFunction = 1;
constexpr std::uint64_t kMapsPerFunction = 5;
constexpr std::uint64_t kLoadedFunctionsMin = 64;

// How many instances fit under `limit`.
std::uint64_t fitting(std::uint64_t limit, std::uint64_t fixed, std::uint64_t per_instance) {
  return limit <= fixed ? 0 : (limit - fixed) / per_instance;
}

std::string or_fewer(std::uint64_t instances) {
  return instances == 0 ? std::string() : fmt::format(", or start with --instances {}", instances);
}

std::uint64_t permitted(__rlimit_resource what) {
  rlimit limit{};
  if (::getrlimit(what, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SystemLimits::kUnlimited;
  return limit.rlim_cur;
}

// The number in a file of /proc/sys, or `otherwise`.
std::uint64_t kernel_setting(const char* file, std::uint64_t otherwise) {
  const Result<std::string> text = read_file(file, 4096);
  if (!text) return otherwise;
  const std::string_view digits = trim(*text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : otherwise;
}

void raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // Without it the advice counts what there is.
}

}  // namespace

SystemLimits system_limits() {
  raise_open_files();
  return {.open_files = permitted(RLIMIT_NOFILE),
          .maps = kernel_setting("/proc/sys/vm/max_map_count", SystemLimits::kUnlimited),
          .address_space = permitted(RLIMIT_AS),
          .strict_overcommit = kernel_setting("/proc/sys/vm/overcommit_memory", 0) == 2};
}

Needs needs_of(std::uint64_t instances, std::uint64_t threads) {
  return {.open_files = kFiles + kFilesPerThread * threads + kFilesPerInstance * instances,
          .maps = kMaps + kMapsPerInstance * instances,
          .address_space = kSpace + kSpacePerInstance * instances};
}

std::vector<Advice> advise(const Config& config, const SystemLimits& system) {
  const Needs needs = needs_of(config.instances_max, config.threads);
  const Needs fixed = needs_of(0, config.threads);
  std::vector<Advice> advice;
  if (system.open_files < needs.open_files) {
    advice.push_back(
        {.what = fmt::format("open files are limited to {}, and {} instances may need {}", system.open_files,
                             config.instances_max, needs.open_files),
         .todo = fmt::format("raise the hard limit (ulimit -Hn {}, or LimitNOFILE={} in the service's unit){}",
                             needs.open_files, needs.open_files,
                             or_fewer(fitting(system.open_files, fixed.open_files, kFilesPerInstance)))});
  }
  if (system.maps < needs.maps) {
    advice.push_back({.what = fmt::format("memory mappings are limited to {}, and {} instances may need {}",
                                          system.maps, config.instances_max, needs.maps),
                      .todo = fmt::format("sysctl -w vm.max_map_count={} (and a line in /etc/sysctl.d/ to keep it){}",
                                          needs.maps, or_fewer(fitting(system.maps, fixed.maps, kMapsPerInstance)))});
  }
  if (system.address_space < needs.address_space) {
    advice.push_back(
        {.what = fmt::format("address space is limited to {}, and {} instances reserve {}",
                             human_bytes(system.address_space), config.instances_max, human_bytes(needs.address_space)),
         .todo = fmt::format("ulimit -v unlimited, or LimitAS=infinity in the service's unit{}",
                             or_fewer(fitting(system.address_space, fixed.address_space, kSpacePerInstance)))});
  }
  if (system.strict_overcommit) {
    advice.push_back({.what = "vm.overcommit_memory is 2: instances fail to start when the memory that is promised, "
                              "not used, reaches the kernel's CommitLimit",
                      .todo = "sysctl -w vm.overcommit_memory=0"});
  }
  return advice;
}

std::uint64_t loaded_functions_fitting(const Config& config, const SystemLimits& system) {
  // Instances that wait idle are the rule, and few of them have all that they may have: a quarter is set aside.
  const Needs needs = needs_of(config.instances_max / 4, config.threads);
  const std::uint64_t fits = std::min(fitting(system.open_files, needs.open_files, kFilesPerFunction),
                                      fitting(system.maps, needs.maps, kMapsPerFunction));
  return std::clamp(fits, kLoadedFunctionsMin, kLoadedFunctionsMax);
}

std::uint64_t loaded_functions_fitting(const Config& config) {
  return loaded_functions_fitting(config, system_limits());
}

std::vector<std::string> prepare_process(const Config& config) {
  std::vector<std::string> lines;
  for (const Advice& advice : advise(config, system_limits())) {
    lines.push_back(fmt::format("{}: {}", advice.what, advice.todo));
  }
  return lines;
}

}  // namespace peko::node

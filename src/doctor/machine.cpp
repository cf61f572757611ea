#include "doctor/machine.hpp"

#include <fmt/format.h>
#include <sys/timex.h>

#include <charconv>
#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "engine/cpu.hpp"

namespace peko::doctor {
namespace {

constexpr std::string_view kArea = "machine";

/// A build of a small Rust function takes about a gigabyte, and so does compiling a large component.
constexpr std::uint64_t kMemoryUsual = 1ULL << 30;

/// A project of some thousand folders, and an editor that watches beside us.
constexpr std::uint64_t kWatchesUsual = 16'384;
constexpr std::uint64_t kWatchersUsual = 32;

/// Before this there was no Peko.
constexpr std::chrono::sys_days kFirstDay{std::chrono::year{2026} / 1 / 1};

std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, 4096);
  if (!text) return std::nullopt;
  const std::string_view digits = trim(*text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string shown_limit(std::uint64_t limit) {
  return limit == node::SystemLimits::kUnlimited ? "unlimited" : std::to_string(limit);
}

std::string shown_minute(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::minutes>(time - day));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count());
}

Finding enough(std::string_view subject, std::string detail) {
  return {.area = kArea, .subject = std::string(subject), .state = State::Ok, .detail = std::move(detail), .fix = {}};
}

Finding watch_limit(const std::filesystem::path& root, std::string_view name, std::uint64_t usual) {
  const std::optional<std::uint64_t> number = number_in(root / "proc/sys/fs/inotify" / name);
  const std::string subject = name == "max_user_watches" ? "file watches" : "file watchers";
  if (!number) {
    return {.area = kArea,
            .subject = subject,
            .state = State::Warn,
            .detail = "this kernel has no inotify: `peko dev` looks at files again and again",
            .fix = "nothing to do; changes are seen a little later"};
  }
  if (*number >= usual) return enough(subject, std::to_string(*number));
  return {.area = kArea,
          .subject = subject,
          .state = State::Warn,
          .detail = fmt::format("{}: few for a large project beside an editor", *number),
          .fix = fmt::format("sysctl -w fs.inotify.{}={} (and a line in /etc/sysctl.d/ to keep it)", name, usual)};
}

}  // namespace

Finding check_cpu() {
  const Status good = engine::check_cpu();
  if (good) return enough("CPU", "has the instructions of compiled functions");
  return {.area = kArea,
          .subject = "CPU",
          .state = State::Fail,
          .detail = good.error().message,
          .fix = "use another machine, or let the virtual machine pass the host's CPU through (qemu: -cpu host)"};
}

Findings check_limits(const node::Config& config, const node::SystemLimits& system) {
  Findings findings;
  for (node::Advice& advice : node::advise(config, system)) {
    findings.push_back({.area = kArea,
                        .subject = "limits",
                        .state = State::Warn,
                        .detail = std::move(advice.what),
                        .fix = std::move(advice.todo)});
  }
  if (findings.empty()) {
    findings.push_back(
        enough("limits", fmt::format("open files {}, mappings {}: enough for {} instances",
                                     shown_limit(system.open_files), shown_limit(system.maps), config.instances_max)));
  }
  return findings;
}

Finding check_memory(std::uint64_t bytes) {
  if (bytes >= kMemoryUsual) return enough("memory", human_bytes(bytes));
  return {
      .area = kArea,
      .subject = "memory",
      .state = State::Warn,
      .detail = fmt::format("{}: little for building and compiling functions", human_bytes(bytes)),
      .fix = "give the machine or the container at least 1 GiB (memory.max of its control group), or build elsewhere"};
}

Findings check_watches(const std::filesystem::path& root) {
  return {watch_limit(root, "max_user_watches", kWatchesUsual),
          watch_limit(root, "max_user_instances", kWatchersUsual)};
}

Finding check_clock(std::chrono::system_clock::time_point now, bool synchronised) {
  const std::string shown = shown_minute(now);
  if (now < kFirstDay) {
    return {.area = kArea,
            .subject = "clock",
            .state = State::Fail,
            .detail = fmt::format("says {}: buckets and certificates will be refused", shown),
            .fix = "timedatectl set-ntp true"};
  }
  if (synchronised) return enough("clock", fmt::format("{}, kept right", shown));
  return {.area = kArea,
          .subject = "clock",
          .state = State::Warn,
          .detail = fmt::format("{}, and the kernel knows nobody who keeps it right", shown),
          .fix = "timedatectl set-ntp true, or apt-get install chrony (nothing to do where the host keeps the time)"};
}

bool clock_is_synchronised() {
  timex time{};
  return ::adjtimex(&time) >= 0 && (time.status & STA_UNSYNC) == 0;
}

}  // namespace peko::doctor

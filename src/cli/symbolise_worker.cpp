#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/hash.hpp"
#include "cli/commands.hpp"
#include "code/component_file.hpp"
#include "engine/symbols.hpp"

namespace peko::cli {
namespace {

constexpr rlim_t kCpuSeconds = 15;
constexpr int kNice = 10;  // as overflow threads: requests come first

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PEKO_SANITIZED 1
#endif
#endif
#ifdef PEKO_SANITIZED
constexpr rlim_t kMemoryBytes = RLIM_INFINITY;  // sanitizers have terabytes of it
#else
/// A component of 100 MiB, and what is unpacked of the debug information in it.
constexpr rlim_t kMemoryBytes = rlim_t{1} << 30;
#endif

/// Debug information is a stranger's: it may want any amount of memory and time.
void confine() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit cpu{.rlim_cur = kCpuSeconds, .rlim_max = kCpuSeconds};
  const rlimit memory{.rlim_cur = kMemoryBytes, .rlim_max = kMemoryBytes};
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CPU, &cpu);
  ::setrlimit(RLIMIT_DATA, &memory);
  ::setrlimit(RLIMIT_CORE, &none);
  (void)::nice(kNice);
}

/// Without what would end a field or a line of the output.
std::string one_field(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

}  // namespace

int symbolise_worker(const CommandLine& line, const Context& context) {
  confine();
  const Result<std::string> component = code::read_component(line.input);
  if (!component || hex(sha256(*component)) != line.hash) {
    context.err.write((component ? "the file has changed since it was loaded" : component.error().message) + "\n");
    return kExitFailed;
  }
  for (const engine::SourcePlace& place : engine::symbolise(*component, line.offsets)) {
    context.out.write(fmt::format("{}\t{}\t{}\t{}\t{}\n", place.frame, one_field(place.function), one_field(place.file),
                                  place.line, place.column));
  }
  return kExitOk;
}

}  // namespace peko::cli

#include <fmt/format.h>

#include "base/hash.hpp"
#include "cli/commands.hpp"
#include "code/component_file.hpp"
#include "engine/symbols.hpp"

namespace peko::cli {
namespace {

/// What reading may cost. Debug information is a stranger's: it may want any amount of memory and time. 1 GiB holds a
/// component of 100 MiB, and what is unpacked of the debug information in it.
constexpr node::CompileLimits kLimits{.memory_mb = 1024, .cpu = std::chrono::seconds(15)};

/// Without what would end a field or a line of the output.
std::string one_field(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

}  // namespace

int symbolise_worker(const CommandLine& line, const Context& context) {
  const Result<std::string> component = code::read_component(line.input);
  if (!component || hex(sha256(*component)) != line.hash) {
    context.err.write((component ? "the file has changed since it was loaded" : component.error().message) + "\n");
    return kExitFailed;
  }
  if (const Result<std::string> confined = context.confine(kLimits); !confined) {
    context.err.write(confined.error().message + "\n");
    return kExitFailed;
  }
  for (const engine::SourcePlace& place : engine::symbolise(*component, line.offsets)) {
    context.out.write(fmt::format("{}\t{}\t{}\t{}\t{}\n", place.frame, one_field(place.function), one_field(place.file),
                                  place.line, place.column));
  }
  return kExitOk;
}

}  // namespace peko::cli

#include <fcntl.h>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "cli/commands.hpp"
#include "code/component_file.hpp"

namespace peko::cli {
namespace {

/// Nobody has a reason for more, and it is read before the worker is confined.
constexpr std::size_t kKnownBytesMax = std::size_t{1} << 30;

UniqueFd open_to_write(const std::filesystem::path& file) {
  return UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

/// Everything that the worker does; success is a warning, mostly empty.
Result<std::string> compile(const CommandLine& line, const Context& context) {
  // The compiler itself can open nothing any more: what it reads and writes is open before it starts.
  const Result<std::string> component = code::read_component(line.input);
  if (!component) {
    return fail(component.error());
  }
  const UniqueFd output = open_to_write(line.output);
  if (!output) {
    return fail(file_error("opening", line.output, errno));
  }
  std::string known;
  UniqueFd known_next;
  if (!line.known.empty()) {
    Result<std::string> read = read_file(line.known, kKnownBytesMax);
    if (!read) {
      return fail(std::move(read.error()));
    }
    known = std::move(*read);
    known_next = open_to_write(line.known_next);
    if (!known_next) {
      return fail(file_error("opening", line.known_next, errno));
    }
  }
  Result<std::string> warning = context.confine(line.compile);
  if (!warning) {
    return fail(std::move(warning.error()));
  }
  const Result<std::string> artifact = context.compile(*component, known_next ? &known : nullptr);
  if (!artifact) {
    return fail(artifact.error());
  }
  if (known_next) {
    if (const int number = write_all(known_next.get(), known); number != 0) {
      return fail(file_error("writing", line.known_next, number));
    }
  }
  if (const int number = write_all(output.get(), *artifact); number != 0) {
    return fail(file_error("writing", line.output, number));
  }
  return warning;
}

}  // namespace

int compile_worker(const CommandLine& line, const Context& context) {
  const Result<std::string> done = compile(line, context);
  if (const std::string& message = done ? *done : done.error().message; !message.empty()) {
    context.err.write(message + "\n");
  }
  return done ? kExitOk : kExitFailed;
}

}  // namespace peko::cli

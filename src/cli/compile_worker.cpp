#include <fcntl.h>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "cli/commands.hpp"
#include "code/component_file.hpp"

namespace peko::cli {
namespace {

/// Everything that the worker does; success is a warning, mostly empty.
Result<std::string> compile(const CommandLine& line, const Context& context) {
  // The compiler itself can open nothing any more: what it reads and writes is open before it starts.
  const Result<std::string> component = code::read_component(line.input);
  if (!component) {
    return fail(component.error());
  }
  const UniqueFd output(::open(line.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!output) {
    return fail(file_error("opening", line.output, errno));
  }
  Result<std::string> warning = context.confine(line.compile);
  if (!warning) {
    return fail(std::move(warning.error()));
  }
  const Result<std::string> artifact = context.compile(*component);
  if (!artifact) {
    return fail(artifact.error());
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

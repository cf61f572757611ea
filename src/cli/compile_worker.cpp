#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "cli/commands.hpp"
#include "code/component_file.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

/// Nobody has a reason for more, and it is read before the worker is confined.
constexpr std::size_t kKnownBytesMax = std::size_t{1} << 30;

UniqueFd open_to_write(const std::filesystem::path& file) {
  return UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

/// The files of a worker. It is confined when they are open, and can open nothing any more.
struct Files {
  UniqueFd input;
  UniqueFd output;
  UniqueFd known_next;               // if it is to leave what is known
  std::optional<std::string> known;  // then, too
  std::optional<std::string> rehearsal;
};

Result<Files> open_files(const CommandLine& line) {
  Files files;
  Result<UniqueFd> input = open_to_read(line.input);
  if (!input) {
    return fail(std::move(input.error()));
  }
  files.input = std::move(*input);
  files.output = open_to_write(line.output);
  if (!files.output) {
    return fail(file_error("opening", line.output, errno));
  }
  if (!line.known.empty()) {
    Result<std::string> known = read_file(line.known, kKnownBytesMax);
    if (!known) {
      return fail(std::move(known.error()));
    }
    files.known = std::move(*known);
    files.known_next = open_to_write(line.known_next);
    if (!files.known_next) {
      return fail(file_error("opening", line.known_next, errno));
    }
  }
  if (!line.rehearsal.empty()) {
    Result<std::string> rehearsal = read_file(line.rehearsal, code::kComponentBytesMax);
    if (!rehearsal) {
      return fail(std::move(rehearsal.error()));
    }
    files.rehearsal = std::move(*rehearsal);
  }
  return files;
}

/// Whether somebody says so before nobody can any more.
bool is_told_to_go_on(int in) {
  char word = 0;
  ssize_t count = 0;
  while ((count = ::read(in, &word, 1)) < 0 && errno == EINTR) {
  }
  return count == 1;
}

/// Everything that the worker does; success is a warning, mostly empty.
Result<std::string> compile(const CommandLine& line, const Context& context) {
  Result<Files> files = open_files(line);
  if (!files) {
    return fail(std::move(files.error()));
  }
  Result<std::string> warning = context.confine(line.compile);
  if (!warning) {
    return warning;
  }
  std::string* const known = files->known ? &*files->known : nullptr;
  if (files->rehearsal) {
    // What comes of it is what is known then, and memory, threads and caches that are warm.
    if (!files->rehearsal->empty()) {
      (void)context.compile(*files->rehearsal, known);
    }
    if (!is_told_to_go_on(context.in)) {
      return warning;
    }
  }
  const Result<std::string> component = read_open_file(files->input, line.input, code::kComponentBytesMax);
  if (!component) {
    return fail(component.error());
  }
  if (Status is_one = code::check_component(*component, code::shown(line.input)); !is_one) {
    return fail(std::move(is_one.error()));
  }
  const Result<std::string> artifact = context.compile(*component, known);
  if (!artifact) {
    return fail(artifact.error());
  }
  if (known != nullptr) {
    if (const int number = write_all(files->known_next.get(), *known); number != 0) {
      return fail(file_error("writing", line.known_next, number));
    }
  }
  if (const int number = write_all(files->output.get(), *artifact); number != 0) {
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

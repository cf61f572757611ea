#include "node/compile_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "base/child_start.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace peko::node {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMessageBytesMax = 64 * 1024;

// All that the compiler sees of the node's environment, which holds secrets: where its libraries are.
constexpr std::array<std::string_view, 5> kVariables = {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS",
                                                        "TSAN_OPTIONS", "UBSAN_OPTIONS"};

std::unexpected<Error> system_failure(std::string_view doing, int number = errno) {
  return fail(Code::Unavailable, fmt::format("{}: {}", doing, std::strerror(number)));
}

// What a child calls its files, beside the three that all processes have.
constexpr int kComponentFileno = 3;
constexpr int kRehearsalFileno = 4;
constexpr int kKnownFileno = 5;
constexpr int kKnownNextFileno = 6;

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("making a pipe for the compiler");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string own_file(int number) { return fmt::format("/proc/self/fd/{}", number); }

Status seal(const UniqueFd& file) {
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) return {};
  return system_failure("closing what the compiler made to changes");
}

std::vector<std::string> environment_of_child() {
  std::vector<std::string> kept;
  for (const std::string_view name : kVariables) {
    if (const char* value = std::getenv(std::string(name).c_str())) kept.push_back(fmt::format("{}={}", name, value));
  }
  return kept;
}

// The files of a compiler. One that waits for its component has all of them, another one no more than it needs.
struct Files {
  UniqueFd component;
  UniqueFd artifact;
  UniqueFd go;  // a pipe's end: whoever waits, waits for a byte of it
  UniqueFd rehearsal;
  UniqueFd known;
  UniqueFd known_next;

  [[nodiscard]] bool waits() const { return static_cast<bool>(go); }
};

// Its group is its own: Ctrl-C is for the node, which ends it.
ChildStart start_of(const Files& files, const UniqueFd& errors) {
  ChildStart start;
  start.give(STDIN_FILENO, files.go.get())
      .give(STDOUT_FILENO, files.artifact.get())
      .give(STDERR_FILENO, errors.get())
      .give(kComponentFileno, files.component.get());
  if (!files.waits()) return start;
  return start.give(kRehearsalFileno, files.rehearsal.get())
      .give(kKnownFileno, files.known.get())
      .give(kKnownNextFileno, files.known_next.get());
}

// The running child. It is gone when this is.
class Child {
 public:
  static Result<Child> start(const Files& files, const CompileLimits& limits) {
    Result<Pipe> errors = make_pipe();
    if (!errors) return fail(std::move(errors.error()));
    std::vector<std::string> words = {"peko",          "compile-worker",
                                      "--memory-mb",   std::to_string(limits.memory_mb),
                                      "--cpu-seconds", std::to_string(limits.cpu.count()),
                                      "--output",      own_file(STDOUT_FILENO)};
    if (files.waits()) {
      words.insert(words.end(), {"--rehearsal", own_file(kRehearsalFileno), "--known", own_file(kKnownFileno),
                                 "--known-next", own_file(kKnownNextFileno)});
    }
    words.push_back(own_file(kComponentFileno));
    Result<pid_t> pid =
        start_of(files, errors->writing).start("/proc/self/exe", std::move(words), environment_of_child());
    if (!pid) return fail(std::move(pid.error()), "starting the compiler");
    Child child(*pid, std::move(errors->reading));
    child.process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!child.process_) return system_failure("watching the compiler (pidfd_open; Linux 5.3 or later is needed)");
    return child;
  }
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), errors_(std::move(other.errors_)), process_(std::move(other.process_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ > 0) (void)end(SIGKILL);
  }

  // Waits for its end, and stops it at `deadline`.
  CompilerEnd wait(steady_clock::time_point deadline) {
    std::string message;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
      std::array<pollfd, 2> ready = {pollfd{.fd = process_.get(), .events = POLLIN, .revents = 0},
                                     pollfd{.fd = errors_.get(), .events = POLLIN, .revents = 0}};
      const int count = ::poll(ready.data(), ready.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return {.status = end(SIGKILL), .late = true, .message = std::move(message)};
      if (ready[1].revents != 0 && !read_some(message)) errors_.close();  // a closed one is not polled any more
      if (ready[0].revents != 0 && ready[1].revents == 0) {               // all that it said has been read
        return {.status = end(0), .late = false, .message = std::move(message)};
      }
    }
  }

 private:
  Child(pid_t pid, UniqueFd errors) : pid_(pid), errors_(std::move(errors)) {}

  // False at the end of what it says.
  bool read_some(std::string& message) {
    std::array<char, 4096> piece{};
    const ssize_t n = ::read(errors_.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) return true;
    if (n > 0 && message.size() < kMessageBytesMax) message.append(piece.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  // Reaps it, after a signal when there is one to send.
  int end(int signal) {
    if (signal != 0) ::kill(pid_, signal);
    return reap(std::exchange(pid_, 0));
  }

  pid_t pid_;
  UniqueFd errors_;
  UniqueFd process_;  // readable when it has ended
};

bool says_out_of_memory(std::string_view message) {
  constexpr std::array<std::string_view, 3> kWords = {"memory allocation of", "bad_alloc", "Cannot allocate memory"};
  return std::ranges::any_of(
      kWords, [message](std::string_view words) { return message.find(words) != std::string_view::npos; });
}

}  // namespace

Error compile_error(const CompilerEnd& end, const CompileLimits& limits) {
  if (end.late) {
    return {Code::Invalid, fmt::format("the compiler was not done after {} s and was stopped: the machine is busy or "
                                       "the component is too large; raise compile_seconds ({})",
                                       kCompileClockFactor * limits.cpu.count(), limits.cpu.count())};
  }
  if (says_out_of_memory(end.message)) {
    return {Code::Invalid, fmt::format("the compiler needed more than {} MiB of memory: make the component smaller "
                                       "(`wasm-tools strip`, `wasm-opt -Oz`) or raise compile_memory_mb ({})",
                                       limits.memory_mb, limits.memory_mb)};
  }
  if (!WIFSIGNALED(end.status)) {
    const std::string_view said = trim(end.message);
    return {Code::Invalid, said.empty() ? fmt::format("the compiler failed and did not say why (exit status {})",
                                                      WEXITSTATUS(end.status))
                                        : std::string(said)};
  }
  const int signal = WTERMSIG(end.status);
  switch (signal) {
    case SIGXCPU:
      return {Code::Invalid, fmt::format("the compiler needed more than {} s of CPU time: make the component smaller "
                                         "(`wasm-tools strip`, `wasm-opt -Oz`) or raise compile_seconds ({})",
                                         limits.cpu.count(), limits.cpu.count())};
    case SIGXFSZ:
      return {Code::Invalid, fmt::format("the compiled component is larger than {}: make the component smaller",
                                         human_bytes(kArtifactBytesMax))};
    case SIGSYS:
      return {Code::Invalid,
              "the compiler was stopped because it tried what it may not do (a socket, another program): do not run "
              "this component, and report it with the component"};
    case SIGKILL:
      return {Code::Unavailable,
              "the compiler was killed from outside (SIGKILL): by hand, or by the kernel because the machine is out of "
              "memory; start again to compile it"};
    default:
      return {Code::Unavailable,
              fmt::format("the compiler crashed ({}): report it with the component{}{}", ::strsignal(signal),
                          end.message.empty() ? "" : "; it said: ", trim(end.message))};
  }
}

namespace {

// Makes a file in memory with these bytes. It has no name: what the child compiles is what was hashed, and what it made
// is nobody else's to change.
Status make(UniqueFd& file, const char* name, std::string_view bytes = {}) {
  file = UniqueFd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return system_failure("making a file in memory for the compiler");
  if (const int failed = write_all(file.get(), bytes); failed != 0) {
    return system_failure("copying the component for the compiler", failed);
  }
  return {};
}

// Waits for what a child makes of its component.
Result<Compiled> finish(Child& child, Files& files, const CompileLimits& limits) {
  const CompilerEnd end = child.wait(steady_clock::now() + kCompileClockFactor * limits.cpu);
  if (end.status != 0) return fail(compile_error(end, limits));
  if (Status sealed = seal(files.artifact); !sealed) return fail(std::move(sealed.error()));
  return Compiled{.artifact = std::move(files.artifact), .warning = std::string(trim(end.message))};
}

}  // namespace

Result<Compiled> compile_in_child(std::string_view wasm, const CompileLimits& limits) {
  Files files;
  if (Status made = make(files.component, "peko-component", wasm); !made) return fail(std::move(made.error()));
  if (Status made = make(files.artifact, "peko-artifact"); !made) return fail(std::move(made.error()));
  Result<Child> child = Child::start(files, limits);
  if (!child) return fail(std::move(child.error()));
  return finish(*child, files, limits);
}

struct ReadyCompiler::State {
  Files files;
  UniqueFd go;
  Child child;
  CompileLimits limits;
};

ReadyCompiler::ReadyCompiler(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadyCompiler::ReadyCompiler(ReadyCompiler&&) noexcept = default;
ReadyCompiler& ReadyCompiler::operator=(ReadyCompiler&&) noexcept = default;
ReadyCompiler::~ReadyCompiler() = default;

Result<ReadyCompiler> ReadyCompiler::start(std::string_view rehearsal, const UniqueFd& known,
                                           const CompileLimits& limits) {
  Files files;
  for (const auto& [file, name, bytes] : {std::tuple{&files.component, "peko-component", std::string_view()},
                                          {&files.artifact, "peko-artifact", std::string_view()},
                                          {&files.rehearsal, "peko-rehearsal", rehearsal},
                                          {&files.known_next, "peko-known-code", std::string_view()}}) {
    if (Status made = make(*file, name, bytes); !made) return fail(std::move(made.error()));
  }
  if (known) {
    files.known = UniqueFd(::fcntl(known.get(), F_DUPFD_CLOEXEC, 0));
    if (!files.known) return system_failure("sharing what the compiler knows");
  } else if (Status made = make(files.known, "peko-known-code"); !made) {
    return fail(std::move(made.error()));
  }
  Result<Pipe> go = make_pipe();
  if (!go) return fail(std::move(go.error()));
  files.go = std::move(go->reading);
  Result<Child> child = Child::start(files, limits);
  if (!child) return fail(std::move(child.error()));
  files.go.close();
  return ReadyCompiler(std::make_unique<State>(std::move(files), std::move(go->writing), std::move(*child), limits));
}

Result<Compiled> ReadyCompiler::compile(std::string_view wasm, UniqueFd& known) {
  State& state = *state_;
  int failed = write_all(state.files.component.get(), wasm);
  if (failed == 0) failed = write_all(state.go.get(), "g");
  // Nobody reads what is written to a child that has ended, which says why.
  if (failed != 0 && failed != EPIPE) return system_failure("handing the component to the compiler", failed);
  Result<Compiled> compiled = finish(state.child, state.files, state.limits);
  if (!compiled) return compiled;
  if (Status sealed = seal(state.files.known_next); !sealed) return fail(std::move(sealed.error()));
  known = std::move(state.files.known_next);
  return compiled;
}

}  // namespace peko::node

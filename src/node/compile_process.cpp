#include "node/compile_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
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
#include <utility>
#include <vector>

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

// What a child that remembers calls these files; all of its files are below kFilesEnd.
constexpr int kKnownFileno = 3;
constexpr int kKnownNextFileno = 4;
constexpr int kFilesEnd = 5;

// A file without a name: what the child compiles is what was hashed, and what it made is nobody else's to change. Its
// number is none of the child's, so that what becomes one of them replaces no other.
Result<UniqueFd> file_in_memory(const char* name) {
  const UniqueFd made(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made) return system_failure("making a file in memory for the compiler");
  UniqueFd file(::fcntl(made.get(), F_DUPFD_CLOEXEC, kFilesEnd));
  if (!file) return system_failure("numbering a file in memory for the compiler");
  return file;
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

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

// The files of a compiler; one that does not remember has no `known` and no `known_next`.
struct Files {
  UniqueFd input;
  UniqueFd output;
  UniqueFd known;
  UniqueFd known_next;
};

// What a child is started with; freed with it.
class SpawnPlan {
 public:
  SpawnPlan(const Files& files, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, files.input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, files.output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    if (files.known) {
      posix_spawn_file_actions_adddup2(&actions_, files.known.get(), kKnownFileno);
      posix_spawn_file_actions_adddup2(&actions_, files.known_next.get(), kKnownNextFileno);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, files.known ? kFilesEnd : STDERR_FILENO + 1);
    // A group of its own: Ctrl-C is for the node, which ends it.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes_, &none);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0, or an errno.
  int run(pid_t& pid, std::vector<std::string> words) const {
    std::vector<std::string> environment = environment_of_child();
    return ::posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_, pointers(words).data(),
                         pointers(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// The running child. It is gone when this is.
class Child {
 public:
  static Result<Child> start(const Files& files, const CompileLimits& limits) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("making a pipe for the compiler");
    UniqueFd errors(ends[0]);
    const UniqueFd child_end(ends[1]);
    pid_t pid = 0;
    std::vector<std::string> words = {"peko",          "compile-worker",
                                      "--memory-mb",   std::to_string(limits.memory_mb),
                                      "--cpu-seconds", std::to_string(limits.cpu.count()),
                                      "--output",      own_file(STDOUT_FILENO)};
    if (files.known) {
      words.insert(words.end(), {"--known", own_file(kKnownFileno), "--known-next", own_file(kKnownNextFileno)});
    }
    words.push_back(own_file(STDIN_FILENO));
    const int failed = SpawnPlan(files, child_end.get()).run(pid, std::move(words));
    if (failed != 0) return system_failure("starting the compiler", failed);
    Child child(pid, std::move(errors));
    child.process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
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
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
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

// Runs a compiler on what `files` has beside the component.
Result<Compiled> compile(std::string_view wasm, const CompileLimits& limits, Files& files) {
  Result<UniqueFd> input = file_in_memory("peko-component");
  if (!input) return fail(std::move(input.error()));
  if (const int failed = write_all(input->get(), wasm); failed != 0) {
    return system_failure("copying the component for the compiler", failed);
  }
  Result<UniqueFd> output = file_in_memory("peko-artifact");
  if (!output) return fail(std::move(output.error()));
  files.input = std::move(*input);
  files.output = std::move(*output);

  Result<Child> child = Child::start(files, limits);
  if (!child) return fail(std::move(child.error()));
  CompilerEnd end = child->wait(steady_clock::now() + kCompileClockFactor * limits.cpu);
  if (end.status != 0) return fail(compile_error(end, limits));
  if (Status sealed = seal(files.output); !sealed) return fail(std::move(sealed.error()));
  return Compiled{.artifact = std::move(files.output), .warning = std::string(trim(end.message))};
}

}  // namespace

Result<Compiled> compile_in_child(std::string_view wasm, const CompileLimits& limits) {
  Files files;
  return compile(wasm, limits, files);
}

Result<Compiled> recompile_in_child(std::string_view wasm, const CompileLimits& limits, UniqueFd& known) {
  Files files;
  files.known = std::move(known);
  for (UniqueFd* file : {&files.known, &files.known_next}) {
    if (*file) continue;
    Result<UniqueFd> fresh = file_in_memory("peko-known-code");
    if (!fresh) return fail(std::move(fresh.error()));
    *file = std::move(*fresh);
  }
  Result<Compiled> compiled = compile(wasm, limits, files);
  if (!compiled) return compiled;
  if (Status sealed = seal(files.known_next); !sealed) return fail(std::move(sealed.error()));
  known = std::move(files.known_next);
  return compiled;
}

}  // namespace peko::node

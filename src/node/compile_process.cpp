#include "node/compile_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace peko::node {

namespace {

constexpr std::size_t kArtifactBytesMax = std::size_t{1} << 30;
constexpr std::size_t kMessageBytesMax = 64 * 1024;
constexpr int kInputFd = 3;

Error system_error(std::string_view doing) {
  return {Code::Unavailable, std::string(doing) + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// The bytes as a file without a name: what the child compiles is what was hashed, whatever happens to the file on the
// disk.
Result<UniqueFd> in_memory(std::string_view bytes) {
  UniqueFd file(::memfd_create("peko-component", MFD_CLOEXEC));
  if (file.get() < 0 || !write_all(file.get(), bytes))
    return fail(system_error("copying the component for the compiler"));
  return file;
}

// A folder that is gone with what is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent) : path_((parent / "compile-XXXXXX").string()) {
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
  bool made_ = false;
};

std::string read_message(int fd) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    if (text.size() < kMessageBytesMax) text.append(piece.data(), static_cast<std::size_t>(n));
  }
}

struct Child {
  pid_t pid;
  UniqueFd errors;
};

Result<Child> spawn_worker(int input, const std::string& output) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return fail(system_error("making a pipe for the compiler"));
  UniqueFd errors(pipe[0]);
  const UniqueFd child_end(pipe[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, input, kInputFd);
  std::array<std::string, 5> words{"peko", "compile-worker", "--output", output,
                                   "/proc/self/fd/" + std::to_string(kInputFd)};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < words.size(); i++) argv[i] = words[i].data();
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    errno = failed;
    return fail(system_error("starting the compiler"));
  }
  return Child{pid, std::move(errors)};
}

}  // namespace

Result<std::string> compile_in_child(std::string_view wasm, const std::filesystem::path& scratch) {
  Result<UniqueFd> input = in_memory(wasm);
  if (!input) return fail(std::move(input.error()));
  const ScratchFolder folder(scratch);
  if (!folder.made()) return fail(system_error("making a folder for the compiler in " + scratch.string()));
  const std::string output = folder.file("artifact");

  Result<Child> child = spawn_worker(input->get(), output);
  if (!child) return fail(std::move(child.error()));
  const std::string message = read_message(child->errors.get());
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return fail(Code::Unavailable, "the compiler was ended by signal " + std::to_string(WTERMSIG(status)) +
                                       (WTERMSIG(status) == SIGKILL ? " (out of memory?)" : ""));
  }
  if (WEXITSTATUS(status) != 0) return fail(Code::Invalid, std::string(trim(message)));
  return read_file(output, kArtifactBytesMax);
}

}  // namespace peko::node

#include "cli/browser.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include "base/child_environment.hpp"
#include "base/text.hpp"

namespace peko::cli {
namespace {

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : found->second;
}

std::string program_in_path(std::string_view name, const Environment& environment) {
  for (const std::string_view folder : split(value_of(environment, "PATH"), ':')) {
    if (folder.empty()) continue;
    std::string program = (std::filesystem::path(folder) / name).string();
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

}  // namespace

std::string browser_program(const Environment& environment) {
  if (!value_of(environment, "WSL_DISTRO_NAME").empty()) return program_in_path("wslview", environment);
  // Without a display xdg-open would start a browser in this terminal.
  const bool display = !value_of(environment, "DISPLAY").empty() || !value_of(environment, "WAYLAND_DISPLAY").empty();
  return display ? program_in_path("xdg-open", environment) : program_in_path("open", environment);
}

bool open_in_browser(const std::string& url, const Environment& environment) {
  std::string program = browser_program(environment);
  if (program.empty()) return false;
  // A shell starts it and ends at once, so that the browser is nobody's child here.
  std::string shell = "sh";
  std::string flag = "-c";
  std::string command = "\"$0\" \"$1\" &";
  std::string address = url;
  const std::array<char*, 6> words = {shell.data(),   flag.data(),    command.data(),
                                      program.data(), address.data(), nullptr};
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // Ctrl-C is not for it
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, words.data(), environment_without_secrets().data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return true;
}

}  // namespace peko::cli

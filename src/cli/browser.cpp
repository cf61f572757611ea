#include "cli/browser.hpp"

#include <unistd.h>

#include <filesystem>
#include <string_view>

#include "base/child_environment.hpp"
#include "base/child_start.hpp"
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
  const std::string program = browser_program(environment);
  if (program.empty()) return false;
  // A shell starts it and ends at once, so that the browser is nobody's child here.
  const Result<pid_t> pid = ChildStart().in_own_session().start(
      "/bin/sh", {"sh", "-c", "\"$0\" \"$1\" &", program, url}, environment_without_secrets());
  if (pid) (void)reap(*pid);
  return pid.has_value();
}

}  // namespace peko::cli

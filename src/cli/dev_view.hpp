/// The screen of `peko dev`: what is loaded, what changed, what went wrong, and addresses to try.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/dev_job.hpp"
#include "cli/screen.hpp"
#include "code/function.hpp"

namespace peko::cli {

/// One thread. Errors go to the same screen, in the place where people look for the function; the last one of each
/// function stays at the bottom until it is mended. What builds and files say cannot steer the terminal.
class DevView {
 public:
  /// All outlive it.
  DevView(Screen& screen, const Clock& clock) : screen_(screen), clock_(clock) {}

  /// Before anything else. `names`: what will be listed.
  void begin(std::string_view version, const std::vector<std::string>& names);
  /// A function that serves, for the first time or again: `changed` is the file that made it so (empty: the start),
  /// `took` the time since then.
  void serves(const std::string& name, const DevJobEnd& end, const std::filesystem::path& changed,
              std::chrono::milliseconds took);
  /// A build, or loading what it made, failed. `rest`: what of its output was not shown yet.
  void failed(const std::string& name, const DevJobEnd& end, const std::filesystem::path& changed,
              std::string_view rest);
  /// The settings in `source` are wrong; `name` is empty when even the name is not known. Stays until mended().
  void problem(const std::filesystem::path& source, const std::string& name, const Error& error);
  void mended(const std::filesystem::path& source);
  /// What a build prints, whole lines.
  void output(const std::string& name, std::string_view lines);
  void removed(const std::string& name);
  /// Anything else that a person should know.
  void notice(const std::string& text);
  struct Ready {
    std::string address;
    std::string admin;  ///< empty: there is none
    std::string domain;
    std::vector<code::Function> functions;  ///< whose settings are right
    std::string default_function;
    bool watching = true;
  };
  /// The first pass is over.
  void ready(const Ready& ready);
  /// What is being built, and for how long; shown at the bottom. Call it about once a second.
  void building(const std::map<std::string, std::chrono::seconds>& builds);

 private:
  void line(Terminal::Style style, std::string_view mark, const std::string& name, std::string_view text);
  void keep_in_sight(std::string key, const std::string& name, std::string_view what);
  void forget(const std::string& key);
  void draw_footer();
  [[nodiscard]] const Terminal& terminal() const { return screen_.terminal(); }

  Screen& screen_;
  const Clock& clock_;
  std::size_t width_ = 0;                        // of the longest name
  bool started_ = false;                         // the first pass is over: lines have a time
  std::map<std::string, std::string> problems_;  // whole lines, by function and by file of settings
  std::map<std::string, std::chrono::seconds> builds_;
};

/// "http://todo.localhost:3000/"; port 80 is not shown.
std::string url_of(std::string_view host, std::string_view address);

/// The address to connect to for one to listen on: 0.0.0.0 becomes 127.0.0.1, [::] becomes [::1].
std::string reachable(std::string_view address);

/// "0.8 s", "12 ms", "1 min 5 s".
std::string shown_duration(std::chrono::milliseconds took);

}  // namespace peko::cli

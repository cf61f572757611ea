/// The screen of `peko dev`: what is loaded, what went wrong, and addresses to try.
#pragma once

#include <vector>

#include "cli/progress.hpp"
#include "cli/start_view.hpp"
#include "cli/terminal.hpp"

namespace peko::cli {

/// Writes to `out`; errors go there too, in the place where people look for the function. One thread.
class DevView final : public StartView {
 public:
  DevView(Terminal& out, Terminal& err, std::string_view version);

  void begin(const Settings& settings, const std::vector<code::Function>& functions) override;
  void problem(const Error& error) override;
  void loaded(const node::LoadReport& report) override;
  void ready(const std::string& address, const std::vector<code::Function>& loaded) override;
  void failed(const std::string& why) override;

 private:
  void begin_next();

  Terminal& out_;
  Terminal& err_;
  std::string version_;
  Settings settings_;
  std::vector<std::string> waiting_;  // names of functions that are not loaded yet, the next one last
  std::size_t width_ = 0;             // of the longest name
  Progress progress_;
};

/// "http://todo.localhost:3000/"; port 80 is not shown.
std::string url_of(std::string_view host, std::string_view address);

/// The address to connect to for one to listen on: 0.0.0.0 becomes 127.0.0.1, [::] becomes [::1].
std::string reachable(std::string_view address);

/// "0.4 s", "12 ms", "1 min 5 s".
std::string shown_duration(std::chrono::milliseconds took);

}  // namespace peko::cli

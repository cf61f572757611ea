/// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process: who has begun something looks at them, and undoes
/// it. Those that are ignored (as by nohup) stay so. One at a time: signals belong to the process.
#pragma once

#include <array>
#include <csignal>

namespace peko::cli {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one has come.
  [[nodiscard]] static bool stopped();

 private:
  std::array<struct sigaction, 3> before_{};
};

}  // namespace peko::cli

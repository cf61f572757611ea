#include "cli/stop_signals.hpp"

#include <atomic>

namespace peko::cli {
namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> has_come = false;

}  // namespace

StopSignals::StopSignals() {
  has_come = false;
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    ::sigaction(kStopSignals.at(i), nullptr, &before_.at(i));
    if (before_.at(i).sa_handler == SIG_IGN) continue;
    struct sigaction noted{};
    noted.sa_handler = [](int) { has_come = true; };
    noted.sa_flags = SA_RESTART;
    ::sigaction(kStopSignals.at(i), &noted, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) ::sigaction(kStopSignals.at(i), &before_.at(i), nullptr);
}

bool StopSignals::stopped() { return has_come; }

}  // namespace peko::cli

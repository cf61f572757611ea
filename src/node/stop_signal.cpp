#include "node/stop_signal.hpp"

#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace peko::node {

namespace {

// A signal handler can reach nothing but globals.
std::atomic<int> g_first = 0;
sem_t g_arrived;

void on_signal(int number) {
  int none = 0;
  if (!g_first.compare_exchange_strong(none, number)) ::_exit(128 + number);
  sem_post(&g_arrived);
}

}  // namespace

void StopSignal::install() {
  sem_init(&g_arrived, 0, 0);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  struct sigaction before = {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // ignored: started by nohup
}

int StopSignal::wait() {
  while (sem_wait(&g_arrived) != 0 && errno == EINTR) {
  }
  return g_first.load();
}

void StopSignal::raise() {
  int none = 0;
  if (g_first.compare_exchange_strong(none, SIGTERM)) sem_post(&g_arrived);
}

}  // namespace peko::node

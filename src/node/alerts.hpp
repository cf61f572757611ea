/// Alerts: tells the operator when users are turned away, also the one who has no Prometheus.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "node/alert_policy.hpp"
#include "node/webhook.hpp"

namespace peko::node {

/// A number that should not grow.
struct AlertSource {
  std::string_view event;  ///< "unavailable": for programs
  std::string_view what;   ///< "requests were answered ...": for people, after the number
  std::function<std::uint64_t()> total;
};

/// Looks at its sources when told, and sends what AlertPolicy finds worth a message. One thread.
class Alerts {
 public:
  /// How often a message is tried, with 1, 2, 4 and 8 s between.
  static constexpr int kAttempts = 5;

  /// `node`: who sends, "host:port". `wait`: waits so long; false ends the tries. All references outlive it.
  Alerts(std::vector<AlertSource> sources, std::string node, Receiver& receiver, const Clock& clock, LogSink& log,
         std::function<bool(std::chrono::seconds)> wait);

  /// About once a second. Blocks while it sends.
  void look();

 private:
  struct Watched {
    AlertSource source;
    AlertPolicy policy;
  };
  void send(const AlertSource& source, const AlertPolicy::Notice& notice);

  std::vector<Watched> watched_;
  const std::string node_;
  Receiver& receiver_;
  const Clock& clock_;
  LogSink& log_;
  std::function<bool(std::chrono::seconds)> wait_;
};

/// Alerts on a thread of their own, sent to a URL.
class AlertThread {
 public:
  /// Everything but the URL as for Alerts.
  AlertThread(std::string url, std::vector<AlertSource> sources, std::string node, const Clock& clock, LogSink& log);
  /// Gives up what is being sent.
  ~AlertThread();
  AlertThread(const AlertThread&) = delete;
  AlertThread& operator=(const AlertThread&) = delete;

 private:
  /// False when it is to stop.
  bool wait(std::chrono::seconds time);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stop_ = false;  // set under the mutex; read without it by the webhook
  Webhook webhook_;
  Alerts alerts_;
  std::thread thread_;
};

}  // namespace peko::node

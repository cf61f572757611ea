#include "node/alerts.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <utility>

#include "base/json.hpp"

namespace peko::node {
namespace {

constexpr std::chrono::seconds kLookInterval{1};

// "text" is what Slack, Mattermost and others show of a message.
std::string message_of(const AlertSource& source, const AlertPolicy::Notice& notice, std::string_view node) {
  const bool firing = notice.state == AlertPolicy::Notice::State::Firing;
  std::string since;
  append_timestamp(since, notice.since);
  std::string json;
  JsonWriter writer(json);
  writer.begin_object().key("event").value(source.event).key("state").value(firing ? "firing" : "resolved");
  writer.key("node").value(node).key("since").value(since).key("count").value(notice.count);
  writer.key("text").value(fmt::format("{}Peko node {}: {} {} since {}", firing ? "" : "Resolved: ", node, notice.count,
                                       source.what, since));
  writer.end_object();
  return json;
}

}  // namespace

Alerts::Alerts(std::vector<AlertSource> sources, std::string node, Receiver& receiver, const Clock& clock, LogSink& log,
               std::function<bool(std::chrono::seconds)> wait)
    : node_(std::move(node)), receiver_(receiver), clock_(clock), log_(log), wait_(std::move(wait)) {
  for (AlertSource& source : sources) watched_.push_back({.source = std::move(source), .policy = {}});
}

void Alerts::look() {
  for (Watched& watched : watched_) {
    const auto notice = watched.policy.observe(watched.source.total(), clock_.now(), clock_.wall_now());
    if (notice) send(watched.source, *notice);
  }
}

void Alerts::send(const AlertSource& source, const AlertPolicy::Notice& notice) {
  const std::string json = message_of(source, notice, node_);
  std::chrono::seconds pause{1};
  for (int attempt = 1;; ++attempt) {
    const Status posted = receiver_.post(json);
    if (posted) return;
    if (attempt == kAttempts || posted.error().code == Code::Denied) {
      log_.write(LogLevel::Error, fmt::format("the alert \"{}\" could not be sent to alert_webhook: {} (tries: {})",
                                              source.event, posted.error().message, attempt));
      return;
    }
    if (!wait_(pause)) return;
    pause *= 2;
  }
}

AlertThread::AlertThread(std::string url, std::vector<AlertSource> sources, std::string node, const Clock& clock,
                         LogSink& log)
    : webhook_(std::move(url), stop_),
      alerts_(std::move(sources), std::move(node), webhook_, clock, log,
              [this](std::chrono::seconds time) { return wait(time); }),
      thread_([this] {
        pthread_setname_np(pthread_self(), "peko-alerts");
        while (wait(kLookInterval)) alerts_.look();
      }) {}

AlertThread::~AlertThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool AlertThread::wait(std::chrono::seconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stop_.load(); });
}

}  // namespace peko::node

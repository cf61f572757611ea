/// Edge: the public face of one loop: finds the function of a request, has it answered, writes the request log.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "edge/call.hpp"
#include "edge/metrics.hpp"
#include "edge/request_log.hpp"
#include "edge/router.hpp"
#include "edge/server_timing.hpp"
#include "edge/trap_report.hpp"
#include "engine/worker.hpp"
#include "http/exchange.hpp"
#include "http/limits.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

/// What an Edge works with; all of it outlives it.
struct EdgeParts {
  net::Loop& loop;
  engine::Worker& worker;
  pool::WarmPool& pool;
  const Router& router;  ///< targets are indices into `versions`
  const std::vector<std::shared_ptr<const pool::Version>>& versions;
  LogSink& log;
  const Clock& clock;
  TimingPolicy timing;
  const http::Limits& http;  ///< what the codec refuses by itself
  TrapExplainer& traps;
  FaultDetail fault_detail = FaultDetail::Hide;
};

/// Lives on one loop.
class Edge final : public http::Handler {
 public:
  Edge(const EdgeParts& parts, LogStyle style);
  virtual ~Edge();

  void handle(http::Exchange& exchange) override;
  http::RejectionResponse reject(http::Rejection rejection, std::string_view detail) override;

  /// From here on health checks fail, so that the load balancer sends nothing new. Requests that come nevertheless are
  /// answered.
  void drain() { draining_ = true; }
  /// Requests that are not over, guests that work on after their response included.
  [[nodiscard]] std::size_t in_flight() const { return tasks_.size(); }
  /// What it counts. Any thread.
  [[nodiscard]] const Metrics& metrics() const { return metrics_; }
  /// Brings the numbers of instances in the metrics up to date. Call it about once a second.
  void count_instances();
  /// Ends every call that is left, as if its time were up.
  void cancel_all();

 private:
  friend class Call;
  // Hands the lines of a round over at its end.
  class LogFlush final : public net::Runnable {
   public:
    explicit LogFlush(LogSink::Producer& producer) : producer_(producer) {}

   private:
    void run() override { producer_.flush(); }
    LogSink::Producer& producer_;
  };

  void answer_reserved(http::Exchange& exchange);
  Call& idle_call();
  /// The calendar's time at the begin of the loop's turn; read from the clock once a second.
  std::chrono::system_clock::time_point wall_now();
  void log_line(std::string_view line);
  void log_request(const RequestRecord& record);
  void warn_of_single_use(const pool::Version& version);

  net::Loop& loop_;
  engine::Worker& worker_;
  pool::WarmPool& pool_;
  const Router& router_;
  LogSink& sink_;
  LogSink::Producer log_;
  LogFlush log_flush_{log_};
  std::string log_text_;  // scratch
  const Clock& clock_;
  const http::Limits& http_limits_;
  net::TimePoint clock_read_;  // when wall_time_ was read
  std::chrono::system_clock::time_point wall_time_;
  LogStyle style_;
  TimingPolicy timing_;
  TrapExplainer& traps_;
  const FaultDetail fault_detail_;
  std::vector<pool::Shelf*> shelves_;  // by Router::Target
  Metrics metrics_;
  RequestIds ids_;
  bool draining_ = false;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> idle_calls_;
  std::optional<ErrorResponse> rejection_;
  std::string rejection_detail_;
  RequestIdText rejection_id_{};
  net::TaskGroup tasks_;
};

}  // namespace peko::edge

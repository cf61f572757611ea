/// Edge: the public face of one loop: finds the function of a request, has it answered, writes the request log.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "edge/asset_shelf.hpp"
#include "edge/asset_source.hpp"
#include "edge/call.hpp"
#include "edge/deployed.hpp"
#include "edge/dev_pages.hpp"
#include "edge/function_source.hpp"
#include "edge/function_table.hpp"
#include "edge/history.hpp"
#include "edge/metrics.hpp"
#include "edge/request_log.hpp"
#include "edge/router.hpp"
#include "edge/server_timing.hpp"
#include "edge/trap_report.hpp"
#include "edge/warm_up.hpp"
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
  std::shared_ptr<const Router> router;
  AssetSource* assets;     ///< null: no version has any
  FunctionSource* source;  ///< null: there is nothing but what is deployed without being asked for
  LogSink& log;
  const Clock& clock;
  TimingPolicy timing;
  const http::Limits& http;  ///< what the codec refuses by itself
  TrapExplainer& traps;
  FaultDetail fault_detail = FaultDetail::Hide;
  DevChannel* dev = nullptr;   ///< to the browsers of a developer; null: production
  History::Size history = {};  ///< what is kept for operators who look
};

/// Lives on one loop.
class Edge final : public http::Handler {
 public:
  Edge(const EdgeParts& parts, LogStyle style);
  virtual ~Edge();

  void handle(http::Exchange& exchange) override;
  http::RejectionResponse reject(http::Rejection rejection, std::string_view detail) override;

  // What becomes of functions. On the loop's thread, or before it runs; not from within a call of FunctionSource.

  /// A new table of names and routes: at least as many functions as before, by the same numbers. One that has no name
  /// and no route any more is to be unloaded.
  void route(std::shared_ptr<const Router> router);
  /// These versions answer from here on. What runs or waits on others goes on there, and their idle instances go; where
  /// there were any instances, one of each new version is made at once.
  void deploy(Router::Target function, const std::shared_ptr<const Deployed>& deployed);
  /// It cannot be loaded: what waits for it is answered so, and what comes within a second. The next request after that
  /// has it asked for again. Nothing answers any more what was deployed before.
  void fail(Router::Target function, Fault fault, std::string detail);
  /// It is not loaded any more, nor are its previews: the next request has it asked for again.
  void unload(Router::Target function);
  /// Answers a question for a preview; nothing when nobody waits for it here. One that has no component is answered as
  /// PEKO-BAD-COMPONENT until it is forgotten.
  void deploy_preview(Router::Target function, std::uint32_t number, std::shared_ptr<const pool::Version> version);
  /// As fail, of a preview: NoFunction when there is no such version.
  void fail_preview(Router::Target function, std::uint32_t number, Fault fault, std::string detail);

  /// From here on health checks fail, so that the load balancer sends nothing new. Requests that come nevertheless are
  /// answered.
  void drain();
  /// Requests that are not over, guests that work on after their response included.
  [[nodiscard]] std::size_t in_flight() const { return tasks_.size(); }
  /// What it counts. Any thread.
  [[nodiscard]] const Metrics& metrics() const { return metrics_; }
  /// What it remembers.
  [[nodiscard]] const History& history() const { return history_; }
  /// What serves a function on this loop, by its number. On the loop.
  [[nodiscard]] std::vector<Serving> serving(Router::Target function) const { return functions_.serving(function); }
  /// Brings the numbers of instances in the metrics up to date, and forgets previews that nobody uses. Call it about
  /// once a second, on the loop.
  void sweep() {
    functions_.sweep(loop_.now());
    assets_.sweep();
  }
  /// Ends every call that is left, as if its time were up.
  void cancel_all();

 private:
  friend class Call;
  friend class WarmUp;
  // Hands the lines of a round over at its end.
  class LogFlush final : public net::Runnable {
   public:
    explicit LogFlush(LogSink::Producer& producer) : producer_(producer) {}

   private:
    void run() override { producer_.flush(); }
    LogSink::Producer& producer_;
  };

  void answer_reserved(http::Exchange& exchange);
  [[nodiscard]] bool knows_host(const http::Exchange& exchange) const;
  http::Exchange& live(http::Exchange& exchange);
  Call& idle_call();
  /// The calendar's time at the begin of the loop's turn; read from the clock once a second.
  std::chrono::system_clock::time_point wall_now();
  void log_line(std::string_view line);
  void log_guest(std::string_view function, std::string_view request_id, std::vector<engine::GuestLine> lines);
  /// Into the log, and into what is remembered. `name` as History::add has it.
  void log_request(const RequestRecord& record, const std::string* name);
  void warn_of_single_use(const pool::Version& version);

  net::Loop& loop_;
  engine::Worker& worker_;
  pool::WarmPool& pool_;
  std::shared_ptr<const Router> router_;
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
  const std::unique_ptr<DevPages> dev_;  // null: production
  Metrics metrics_;
  History history_;
  FunctionTable functions_;
  AssetShelf assets_;
  AssetSource* const asset_source_;
  Random random_;  // which of several versions
  RequestIds ids_;
  bool draining_ = false;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> idle_calls_;
  std::list<WarmUp*> warm_ups_;
  std::optional<ErrorResponse> rejection_;
  std::string rejection_detail_;
  RequestIdText rejection_id_{};
  net::TaskGroup tasks_;
};

}  // namespace peko::edge

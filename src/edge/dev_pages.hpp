/// DevPages: what browsers get in `peko dev` beside the answers of functions: error pages that say all there is to
/// know, and pages that reload when their function has changed.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/dev_channel.hpp"
#include "edge/error_page.hpp"
#include "edge/live_exchange.hpp"
#include "edge/trap_report.hpp"
#include "http/exchange.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "net/task_group.hpp"

namespace peko::edge {

/// By which a function keeps the script of live reload out of one response: "off".
inline constexpr std::string_view kLiveReloadField = "peko-live-reload";

/// A report that an error page waits for. On the page's loop.
struct AwaitedReport {
  std::optional<TrapReport> report;
  net::Event* event = nullptr;  ///< null: nobody waits any more
};

/// Lives on one loop, beside its Edge.
class DevPages final : private DevChannel::Listener {
 public:
  /// Pages that are open on one loop: a browser has one connection for each.
  static constexpr std::size_t kStreamsMax = 100;
  /// Often enough that nothing between takes a stream for dead.
  static constexpr std::chrono::seconds kHeartbeat{15};
  /// How long a page waits for files and lines: some hundred milliseconds with the debug information of a large
  /// component.
  static constexpr std::chrono::seconds kReportWait{5};

  DevPages(net::Loop& loop, DevChannel& channel);
  /// No stream is left, see end_streams().
  ~DevPages();
  DevPages(const DevPages&) = delete;
  DevPages& operator=(const DevPages&) = delete;

  /// Answers the paths of live reload; false for others. `target` is that of the exchange.
  bool answer(http::Exchange& exchange, std::string_view target);

  /// What a request for `function` is to be answered on: `exchange`, or one that adds the script to a page.
  http::Exchange& live(http::Exchange& exchange, std::string_view function);

  /// Whether it is one of the latter.
  [[nodiscard]] bool is_live(const http::Exchange& exchange) const;

  /// Why nothing of a function may be there: its last build. Null when that went well.
  [[nodiscard]] std::shared_ptr<const BuildProblem> problem(std::string_view function) const;

  /// For a report that is about to be explained: what has it told to `awaited`, on this loop.
  std::move_only_function<void(TrapReport)> teller(const std::shared_ptr<AwaitedReport>& awaited);
  /// Answers with an error page, after the report if one is awaited. `exchange` lives until then; `awaited` may be
  /// null.
  net::Task<void> show(http::Exchange& exchange, FailedRequest failed, std::shared_ptr<AwaitedReport> awaited);

  /// Ends the streams: the node stops, and does not wait for pages that are open.
  void end_streams();

 private:
  class Stream;

  void dev_changed(std::shared_ptr<const DevStates> states) override;
  net::Task<void> stream(http::Exchange& exchange, std::string function);
  [[nodiscard]] DevState state(std::string_view function) const;
  [[nodiscard]] std::string stamp(std::string_view function) const;

  net::Loop& loop_;
  DevChannel& channel_;
  std::shared_ptr<const DevStates> states_;
  LiveExchange::Owners exchanges_;
  std::list<Stream*> streams_;
  bool ending_ = false;
  net::TaskGroup tasks_;
};

}  // namespace peko::edge

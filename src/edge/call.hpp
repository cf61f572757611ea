/// Call: one request, from its head to its line in the log.
///
/// Joins the client's exchange and the guest's invocation: turns the guest, moves bytes both ways with back-pressure,
/// ends both the way they must end. A response is complete when the guest has ended its body, whatever it does
/// afterwards; a guest that fails before it wrote any gets its client an error response, one that fails in the middle a
/// broken one. Work that a guest does after its response goes on without the client.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "edge/asset_call.hpp"
#include "edge/dev_pages.hpp"
#include "edge/error_response.hpp"
#include "edge/fault.hpp"
#include "edge/function_table.hpp"
#include "edge/head_copy.hpp"
#include "engine/invocation.hpp"
#include "http/exchange.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/task.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

class Edge;
struct FunctionMetrics;

/// Lives on one loop; used again for the next request when it is over, so that a warm request allocates nothing here.
class Call final : private net::Deadline, private LoadWaiter, private pool::Waiter {
 public:
  explicit Call(Edge& edge);

  /// Answers `exchange`: done inline when the guest needs no waiting.
  net::Task<void> run(http::Exchange& exchange);
  /// Whether a failure of the next run may be shown as a developer's page; not before it is said.
  void may_show_page(bool may) { may_show_page_ = may; }

  /// Ends it as if its time were up. Nothing when it is over.
  void expire_now();

 private:
  void expired() override;
  void changed(std::chrono::nanoseconds load) override;
  void granted(pool::Lease lease) override;

  void begin();

  // The version (call_version.cpp):
  void find_version(const http::RequestHead& head);
  bool choose(const Router::Match& match, const http::RequestHead& head);
  void wait_for_load(const http::RequestHead& head);
  void turn_loading();
  void ask_function(const http::RequestHead& head);
  std::optional<Fault> check(const http::RequestHead& head) const;
  std::string check_detail(Fault fault, const http::RequestHead& head) const;

  // Lease and instance (call_start.cpp):
  void admit(const http::RequestHead& head);
  void wait_for_lease(const http::RequestHead& head);
  void turn_waiting();
  void start(const http::RequestHead& head);
  void start_guest(const http::RequestHead& head);
  const http::RequestHead* known_head() const;
  bool on_trial() const;
  void before_suspension();
  /// The guest is not given any of the body before it waits for something: it may need a second start.
  bool holds_body_back() const;
  bool misfits(engine::Outcome outcome) const;
  bool may_restart(engine::Outcome outcome) const;
  void restart();
  void judge_reuse(bool clean);
  std::string timing_text() const;

  // Assets (call_asset.cpp):
  bool ask_assets(const http::RequestHead& head);
  static AssetAnswer answer_of(const code::Assets::Entry& entry, const http::RequestHead& head);
  bool nothing_there(const http::RequestHead& head);
  bool refuse_method();
  void redirect_to_folder(std::string_view target);
  void answer_asset(const http::RequestHead& head, const AssetAnswer& answer);
  AssetCall& begin_asset();
  void wait_for_asset();
  void send_asset_head(const AssetAnswer& answer);
  void send_asset(const AssetAnswer& answer, const LoopAsset& held);
  void end_asset();
  void move_asset();
  AssetCall& begin_live(const http::RequestHead& head);
  void look_into_folder(AssetCall& call);
  void look_for_page(AssetCall& call);
  void use_live(Result<LiveAsset> found);
  void turn_asset();

  void turn();
  void feed_body();
  void move_response();
  void send_head();
  void store_trailers();
  void settle();
  void note_subrequests();
  void finish_exchange();

  /// Ends the exchange with an error response if there is still room for one, else by a reset.
  void refuse(Fault fault, std::string_view detail);
  /// Gives the guest up.
  void cancel(Fault fault, std::string_view detail);
  std::string limit_detail(Fault fault, const engine::Usage& usage, std::string_view cause) const;
  /// Tells where in its code the guest failed.
  void report_trap(Fault fault, std::string_view cause);
  /// The client's Accept field. Requires an exchange whose head has not been sent.
  std::string_view accept() const;
  void write_guest_log();

  // In `peko dev` (call_page.cpp):
  /// Whether a failure would be shown as a page for developers.
  bool shows_page() const;
  /// Whether a field of the response is for what adds the script of live reload.
  bool is_for_page(std::string_view field) const;
  std::move_only_function<void(TrapReport)> await_report();
  void show_page(http::Exchange& exchange, Fault fault, std::string_view detail);
  void write_record();

  Edge& edge_;
  net::Event progress_;

  // Of one request:
  http::Exchange* exchange_ = nullptr;                 // null once it has ended
  const FunctionTable::Function* function_ = nullptr;  // null: none was found
  pool::Shelf* shelf_ = nullptr;
  FunctionMetrics* metrics_ = nullptr;  // of the function, or nobody's
  std::optional<pool::Lease> lease_;
  std::optional<HeadCopy> head_copy_;
  engine::InvocationPtr invocation_;
  std::unique_ptr<AssetCall> asset_;  // null: no asset is on its way
  RequestIdText id_{};
  std::string accept_;  // of a request that waits
  std::string method_;
  std::string target_;
  std::string peer_;
  std::string detail_;
  const FaultInfo* fault_ = nullptr;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point loaded_at_;  // its limits count from here: started_ unless it waited for a load
  std::chrono::steady_clock::time_point leased_at_;
  pool::ColdReason cold_ = pool::ColdReason::None;
  engine::Usage usage_;
  std::chrono::nanoseconds fetch_{};
  std::chrono::nanoseconds load_{};
  std::chrono::nanoseconds spent_{};  // CPU time of a first try that was thrown away
  unsigned status_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  bool timing_ = false;  // the response says where the time went
  bool may_show_page_ = false;
  bool in_handle_ = false;  // the exchange's head is valid
  bool loading_ = false;    // its function is not loaded, or was not when it last looked
  bool several_ = false;    // the client could have got another version: it is told which one it has
  bool by_luck_ = false;    // ... and is to stay with it
  bool queued_ = false;     // it had to wait for its lease
  bool leased_ = false;     // it has had one
  bool waited_ = false;     // the guest has come to wait for something
  bool body_seen_ = false;  // the guest was given bytes of the request's body
  bool retried_ = false;
  bool head_sent_ = false;
  bool body_fed_ = false;   // the request body's end has been told to the guest
  bool body_held_ = false;  // the client's high-water mark, not the guest, ended the last move_response
  bool body_ended_ = false;
  bool aborted_ = false;
  bool client_gone_ = false;
  bool expired_ = false;
  bool log_cut_ = false;
  bool asset_answered_ = false;
  bool over_ = false;
  std::string asset_path_;                  // scratch
  std::vector<engine::GuestLine> said_;     // only in `peko dev`
  std::shared_ptr<AwaitedReport> awaited_;  // likewise: the report that the error page is to show
  std::vector<std::string> trailer_text_;   // name, value, name, value, ...
  std::vector<http::Field> fields_;         // scratch
};

}  // namespace peko::edge

/// Call: one request, from its head to its line in the log.
///
/// Joins the client's exchange and the guest's invocation: turns the guest, moves bytes both ways with back-pressure,
/// ends both the way they must end. A response is complete when the guest has ended its body, whatever it does
/// afterwards; a guest that fails before it wrote any gets its client an error response, one that fails in the middle a
/// broken one. Work that a guest does after its response goes on without the client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "edge/error_response.hpp"
#include "edge/fault.hpp"
#include "engine/invocation.hpp"
#include "http/exchange.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/task.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

class Edge;

/// Lives on one loop; used again for the next request when it is over, so that a warm request allocates nothing here.
class Call final : private net::Deadline {
 public:
  explicit Call(Edge& edge);

  /// Answers `exchange`: done inline when the guest needs no waiting.
  net::Task<void> run(http::Exchange& exchange);

  /// Ends it as if its time were up. Nothing when it is over.
  void expire_now();

 private:
  void expired() override;

  void begin();
  std::optional<Fault> admit();
  std::string admission_detail(Fault fault) const;
  void start();

  void turn();
  void feed_body();
  void move_response();
  void send_head();
  void store_trailers();
  void settle();
  void finish_exchange();

  /// Ends the exchange with an error response if there is still room for one, else by a reset.
  void refuse(Fault fault, std::string_view detail);
  /// Gives the guest up.
  void cancel(Fault fault, std::string_view detail);
  std::string limit_detail(Fault fault, const engine::Usage& usage, std::string_view cause) const;
  /// Tells where in its code the guest failed.
  void report_trap(Fault fault, std::string_view cause);
  void write_guest_log();
  void write_request_log();

  Edge& edge_;
  net::Event progress_;

  // Of one request:
  http::Exchange* exchange_ = nullptr;  // null once it has ended
  pool::Shelf* shelf_ = nullptr;
  std::optional<pool::Lease> lease_;
  engine::InvocationPtr invocation_;
  RequestIdText id_{};
  BodyFormat error_format_ = BodyFormat::Text;
  std::string method_;
  std::string target_;
  std::string peer_;
  std::string detail_;
  const FaultInfo* fault_ = nullptr;
  std::chrono::steady_clock::time_point started_;
  pool::ColdReason cold_ = pool::ColdReason::None;
  engine::Usage usage_;
  unsigned status_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  bool head_sent_ = false;
  bool body_fed_ = false;   // the request body's end has been told to the guest
  bool body_held_ = false;  // the client's high-water mark, not the guest, ended the last move_response
  bool body_ended_ = false;
  bool aborted_ = false;
  bool client_gone_ = false;
  bool expired_ = false;
  bool over_ = false;
  std::vector<std::string> trailer_text_;  // name, value, name, value, ...
  std::vector<http::Field> fields_;        // scratch
};

}  // namespace peko::edge

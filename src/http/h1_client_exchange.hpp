/// H1ClientExchange: one request over a connection of HTTP/1.1, from the wait for one to the end of the response.
///
/// It holds all the bytes: what is to be sent, and what was received and not yet taken. So a connection goes back to
/// the pool with the last byte of a response, however long its reader takes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/client.hpp"
#include "http/client_connection.hpp"
#include "http/framing.hpp"
#include "http/h1_input.hpp"
#include "http/h1_response_parser.hpp"
#include "http/out_queue.hpp"
#include "net/dialer.hpp"
#include "net/loop.hpp"

namespace peko::http {

class ClientPool;

/// What a guest is told when there is no connection.
ClientFault fault_of(net::LinkFault fault);

/// Lives on the pool's loop.
class H1ClientExchange final : public ClientExchange, private net::Runnable, private net::Deadline {
 public:
  /// Bytes of body that wait to be sent before writable() is false. What waits for the reader is one leased buffer.
  static constexpr std::size_t kWriteHighWater = std::size_t{64} * 1024;

  H1ClientExchange(ClientPool& pool, const ClientRequest& request, net::Event& progress);
  ~H1ClientExchange() override;

  // ClientExchange, see there.
  bool writable() const override;
  void write(Chunk chunk) override;
  void finish(Fields trailers) override;
  std::optional<ClientFault> fault() const override { return fault_; }
  const ResponseHead* head() const override;
  std::span<const char> body() const override { return input_.body(); }
  void consume(std::size_t n) override;
  Chunk take_body() override;
  BodyState body_state() const override;
  Fields trailers() const override { return parser_->trailers(); }

  // For the pool and the connection:

  /// Checks the request and asks the pool for a connection.
  void start(const ClientRequest& request);
  /// Makes a connection of its own.
  void dial(net::Dialer& dialer);
  enum class Kept : std::uint8_t { No, Yes };
  /// Here is a connection; `kept`: another exchange had it before.
  void attach(std::unique_ptr<ClientConnection> connection, Kept kept);
  void on_io(std::uint32_t events);
  /// Where it asks for connections. Not once it has ended.
  [[nodiscard]] ClientSite& site() { return *site_; }

 private:
  enum class Phase : std::uint8_t {
    Waiting,  // for a connection
    Active,   // has one
    Over,     // complete, or failed
  };

  // h1_client_exchange.cpp
  void pump_later();
  void body_was_taken();
  bool may_retry() const;
  void retry();
  void fail(ClientFault fault);
  void give_up();
  void end();

  // h1_client_io.cpp
  void run() override { pump(); }
  void expired() override;
  void pump();
  void flush();
  bool receive();
  void parse();
  bool take_step(const ParseStep& step);
  void complete();
  void lost(net::LinkFault fault);
  void arm_deadline();
  bool request_sent() const { return finished_ && out_.empty(); }

  ClientPool& pool_;
  net::Event& progress_;
  const net::Duration connect_timeout_;
  const net::Duration first_byte_timeout_;
  const net::Duration between_bytes_timeout_;
  const Framing framing_;  // of the request
  const bool idempotent_;
  const bool is_head_request_;

  Phase phase_ = Phase::Waiting;
  std::optional<ClientFault> fault_;
  ClientSite* site_ = nullptr;  // null: asks for nothing, not yet or not any more
  std::unique_ptr<net::Dial> dial_;
  std::unique_ptr<ClientConnection> connection_;

  // The request.
  std::string head_text_;  // for another try
  OutQueue out_;
  std::uint64_t body_left_;   // with BodyEnd::Length
  bool finished_;             // all of it is in out_
  bool body_begun_ = false;   // some of its body was
  bool send_failed_ = false;  // the server takes no more; what it said may still come

  // The response.
  std::optional<H1ResponseParser> parser_;
  H1Input input_;
  bool head_done_ = false;
  bool received_any_ = false;

  // The connection.
  Kept kept_ = Kept::No;
  bool retried_ = false;
  bool readable_ = false;  // the kernel may have bytes, or the end
  bool peer_ends_ = false;
  bool full_ = false;
  bool pumping_ = false;
  std::uint8_t receives_left_ = 0;  // of this pump
  std::size_t untaken_ = 0;         // bytes in the kernel at write_since_
  // When it began to wait for a connection; then, when the server last did what is waited for.
  net::TimePoint since_;
  net::TimePoint write_since_{};
};

}  // namespace peko::http

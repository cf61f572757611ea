/// H1Connection: one client of HTTP/1.1 or 1.0, on one socket.
///
/// A state machine between the socket, the parser (h1_parser.hpp), the queue to the client (out_queue.hpp) and the
/// handler, for which it is the Exchange of the request that is being answered. There is one request at a time: what a
/// client pipelines waits, unparsed, until the response before it is complete. Whatever happens within one event or one
/// round goes out in one send at its end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "http/date_cache.hpp"
#include "http/exchange.hpp"
#include "http/h1_input.hpp"
#include "http/h1_parser.hpp"
#include "http/h1_writer.hpp"
#include "http/limits.hpp"
#include "http/out_queue.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"

namespace peko::http {

class H1Connection;

/// What the connections of one server share. Lives on one loop and outlives them.
class H1Host {
 public:
  H1Host(net::Loop& loop, Handler& handler, const Limits& limits) : loop(loop), handler(handler), limits(limits) {}

  /// The connection is closed and its exchange over. It is on the stack, so it is destroyed later.
  virtual void ended(H1Connection& connection) = 0;

  net::Loop& loop;
  Handler& handler;
  const Limits limits;
  DateCache date;
  OutQueue::Stores stores;
  bool draining = false;             ///< every response says "connection: close"
  std::uint64_t invalid_fields = 0;  ///< of handlers' responses, left out because they would have broken the framing
  std::uint64_t sends = 0;           ///< calls of the kernel to send, for tests and metrics

 protected:
  ~H1Host() = default;
};

/// Lives on the host's loop. A client that only stops sending (half-closes) still gets the responses to what it sent;
/// one that resets is gone.
class H1Connection final : public Exchange, private net::IoHandler, private net::Runnable, private net::Deadline {
 public:
  /// After the last response of a connection whose client may still be sending, what it sends is thrown away for so
  /// long and so far, so that it gets to read that response before a reset overtakes it (RFC 9112, 9.6; nginx's
  /// lingering_timeout).
  static constexpr std::chrono::seconds kLingerTime{5};
  static constexpr std::size_t kLingerBytesMax = std::size_t{16} * 1024 * 1024;

  H1Connection(H1Host& host, UniqueFd socket, const net::Address& peer);
  ~H1Connection() override;

  /// Begins to serve. Unavailable when the kernel refuses to watch the socket.
  Status start();
  /// Closes when idle, else after the response that is being made.
  void drain();
  /// Resets it now.
  void kill();

  /// Where the host keeps it.
  std::size_t place = 0;

  // Exchange, see there. A handler that breaks its rules fails an assertion.
  const RequestHead& head() const override { return parser_.head(); }
  std::string_view peer() const override;
  void notify(net::Event* event) override { event_ = event; }
  bool gone() const override { return phase_ == Phase::Closed; }
  void accept_body(std::uint64_t bytes_max) override;
  std::span<const char> body() const override { return input_.body(); }
  void consume(std::size_t n) override;
  Chunk take_body() override;
  BodyState body_state() const override;
  bool body_too_large() const override { return body_too_large_; }
  Fields trailers() const override { return parser_.trailers(); }
  void send_head(const ResponseHead& head) override;
  bool writable() const override { return out_.queued() <= host_.limits.write_high_water; }
  void write(Chunk chunk) override;
  bool finish(Fields trailers) override;
  void abort() override;
  std::uint64_t bytes_in() const override { return bytes_in_; }
  std::uint64_t bytes_out() const override { return bytes_out_; }

 private:
  enum class Phase : std::uint8_t {
    Head,        // between requests, or in a head
    Answering,   // the handler has the exchange
    Discarding,  // the response is complete, a small rest of the request's body is not
    Closing,     // nothing more is served; what is queued goes out, then the connection lingers or closes
    Closed,      // no socket any more
  };
  enum class How : std::uint8_t { Orderly, Reset };

  // h1_connection.cpp: the socket, the phases, the deadlines.
  void on_io(std::uint32_t events) override;
  void run() override { pump(); }
  void expired() override;
  void advance();
  void pump();
  void pump_later();
  bool step();
  bool step_head();
  bool step_discard();
  bool receive();
  H1Input::Expected expected() const;
  void begin_exchange();
  void end_exchange();
  void begin_discard();
  void next_request();
  void refuse(Rejection rejection, std::string_view detail);
  void flush();
  void linger();
  void arm_deadline();
  void close(How how);

  // h1_exchange.cpp: the exchange.
  bool step_body();
  bool parse_body();
  void body_was_taken();
  void fail_body();
  bool body_will_be_read() const;
  bool waits_for_body() const;
  void wake_handler();

  H1Host& host_;
  UniqueFd socket_;
  H1Parser parser_;
  H1Input input_;
  OutQueue out_;

  // The socket.
  Phase phase_ = Phase::Head;
  bool readable_ = false;   // the kernel may have bytes, or the end
  bool peer_ends_ = false;  // the end is in the kernel, behind the bytes
  bool ended_ = false;      // the end has been read
  bool full_ = false;       // the kernel takes no more now
  bool lingering_ = false;  // our end has been sent
  bool stalled_ = false;    // the next request waits until the client has read responses
  bool pumping_ = false;
  std::uint8_t requests_left_ = 0;  // of this pump
  std::uint8_t receives_left_ = 0;
  std::size_t untaken_ = 0;  // bytes in the kernel at write_since_
  std::size_t linger_left_ = kLingerBytesMax;
  std::size_t discard_left_ = 0;
  // When the client last did what is waited for: sent a byte, or (between requests) got the end of a response.
  net::TimePoint read_since_{};
  net::TimePoint write_since_{};  // when the client last took a byte, while full_

  // The exchange.
  bool live_ = false;
  bool persists_ = false;  // another request may follow
  bool is_head_request_ = false;
  Version version_ = Version::Http11;
  bool body_accepted_ = false;
  bool body_failed_ = false;
  bool body_too_large_ = false;
  bool continue_due_ = false;
  bool head_sent_ = false;
  bool overlong_ = false;  // the handler wrote more than its content-length
  Framing framing_;
  std::optional<std::uint64_t> request_length_;
  std::uint64_t body_bytes_max_ = 0;
  std::uint64_t body_left_ = 0;  // of the response, with BodyEnd::Length
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  net::Event* event_ = nullptr;

  const net::Address peer_;
  mutable std::uint8_t peer_size_ = 0;  // 0: not written yet
  mutable std::array<char, net::Address::kTextMax> peer_text_;
};

}  // namespace peko::http

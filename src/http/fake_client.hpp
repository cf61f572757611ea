/// For tests: a server and its clients on one thread, over loopback.
#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/fake_handler.hpp"
#include "http/server.hpp"
#include "net/tcp_pair.hpp"

namespace peko::http {

/// A server on a free port with a FakeHandler. The test turns the loop by hand.
class Loopback {
 public:
  explicit Loopback(Limits limits = {})
      : loop(net::Loop::create().value()),
        server(Server::start(*loop, "127.0.0.1:0", Server::Sharing::First, handler, limits).value()) {}
  ~Loopback() {
    server->close_all();
    for (Exchange* exchange : handler.pending) exchange->abort();
    turn();
  }

  void turn() {
    loop->stop();
    loop->run();
  }
  /// Turns the loop until the condition holds. False after a time that no healthy run needs.
  template <typename Condition>
  bool until(Condition condition) {
    const auto begin = std::chrono::steady_clock::now();
    while (!condition()) {
      if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) return false;
      turn();
    }
    return true;
  }
  /// Turns the loop until everything that has been sent has been dealt with.
  void settle() {
    for (int i = 0; i < 20; ++i) turn();
  }
  /// Hands out the oldest exchange that the handler kept.
  Exchange& take() {
    Exchange* const exchange = handler.pending.front();
    handler.pending.erase(handler.pending.begin());
    return *exchange;
  }

  [[nodiscard]] net::Address address() const {
    return net::Address::parse("127.0.0.1:" + std::to_string(server->port())).value();
  }

  FakeHandler handler;
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<Server> server;
};

/// A client of it.
class FakeClient {
 public:
  explicit FakeClient(Loopback& at) : at_(at), socket_(net::connect_to(at.address())) {}

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return;  // the server has gone; what it sent tells
      if (sent < 0) at_.turn();
    }
  }
  /// Takes what is there, in one call; true while the connection lives.
  bool receive() {
    char bytes[65536];
    const ssize_t count = ::recv(fd(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count > 0) received.append(bytes, static_cast<std::size_t>(count));
    if (count == 0) ended = true;
    if (count < 0 && errno != EAGAIN) reset = true;
    return !ended && !reset;
  }
  /// Turns the loop until the text has come.
  bool expect(std::string_view text) {
    return at_.until([&] { return receive(), received.find(text) != std::string::npos; });
  }
  /// Turns the loop until the server has ended or reset the connection.
  bool expect_end() {
    return at_.until([&] { return !receive(); });
  }
  /// Sends, then expects the end of the answer.
  bool ask(std::string_view request, std::string_view end_of_answer = "hello, world\n") {
    received.clear();
    send(request);
    return expect(end_of_answer);
  }
  /// How often the text has come.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t n = 0;
    for (std::size_t at = received.find(text); at != std::string::npos; at = received.find(text, at + text.size())) ++n;
    return n;
  }
  /// Bytes that have come and have not been received.
  [[nodiscard]] int waiting() const {
    int bytes = 0;
    ::ioctl(fd(), FIONREAD, &bytes);
    return bytes;
  }
  void shut_down_sending() { ::shutdown(fd(), SHUT_WR); }
  void reset_now() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    socket_.close();
  }
  void close() { socket_.close(); }
  [[nodiscard]] int fd() const { return socket_.get(); }

  std::string received;
  bool ended = false;
  bool reset = false;

 private:
  Loopback& at_;
  UniqueFd socket_;
};

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace peko::http

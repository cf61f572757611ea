/// For tests: a client pool and the server that it asks, played by the test, on one thread over loopback.
#pragma once

#include <sys/socket.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "http/client_pool.hpp"
#include "net/fake_guard.hpp"
#include "net/fake_resolver.hpp"
#include "net/listener.hpp"
#include "net/turning.hpp"

namespace peko::http {

/// Accepts and receives when it is told to step; says what the test says.
class FakeOrigin {
 public:
  struct Connection {
    UniqueFd socket;
    std::string received;
    bool reads = true;   ///< false: leaves the client's bytes in the kernel
    bool ended = false;  ///< the client has closed
    bool reset = false;

    void say(std::string_view text) const { ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL); }
    void close() { socket.close(); }
  };

  void step() {
    for (;;) {
      UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) break;
      connections.emplace_back(std::move(socket));
    }
    for (Connection& each : connections) receive(each);
  }
  [[nodiscard]] std::uint16_t port() const { return listener_.address().port(); }

  std::deque<Connection> connections;
  /// Said at once to each request without a body, when not empty.
  std::string answer;

 private:
  void receive(Connection& connection) const {
    if (!connection.socket || !connection.reads || connection.ended || connection.reset) return;
    char bytes[65536];
    ssize_t count = 0;
    while ((count = ::recv(connection.socket.get(), bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
      connection.received.append(bytes, static_cast<std::size_t>(count));
    }
    connection.ended = count == 0;
    connection.reset = count < 0 && errno != EAGAIN;
    while (!answer.empty() && connection.received.contains("\r\n\r\n")) {
      connection.received.erase(0, connection.received.find("\r\n\r\n") + 4);
      connection.say(answer);
    }
  }

  net::Listener listener_ =
      net::Listener::bind(net::Address::parse("127.0.0.1:0").value(), net::Sharing::First).value();
};

/// A pool with everything around it. The test turns the loop by hand.
class ClientRig {
 public:
  explicit ClientRig(const ClientLimits& limits = {}) : pool(*loop, dialer, limits) {}

  [[nodiscard]] ClientRequest get() const {
    return {.partition = "f",
            .host = "127.0.0.1",
            .port = origin.port(),
            .method = "GET",
            .target = "/",
            .authority = "a.example",
            .body_length = 0};
  }
  std::unique_ptr<ClientExchange> ask(const ClientRequest& request) { return pool.start(request, progress); }
  std::unique_ptr<ClientExchange> ask() { return ask(get()); }

  template <typename Condition>
  bool until(Condition condition) {
    return net::turn_until(*loop, [&] { return origin.step(), condition(); });
  }
  void settle() {
    for (int i = 0; i < 20; ++i) {
      net::turn(*loop);
      origin.step();
    }
  }
  /// Until the origin has received the text on its n-th connection.
  bool expect(std::size_t n, std::string_view text) {
    return until([&] { return origin.connections.size() > n && origin.connections[n].received.contains(text); });
  }
  /// Until the exchange is over; takes its body.
  bool end(ClientExchange& exchange, std::string* body = nullptr) {
    return until([&] {
      if (body) body->append(exchange.body().data(), exchange.body().size());
      if (body) exchange.consume(exchange.body().size());
      return exchange.body_state() != BodyState::Open;
    });
  }
  /// A request from begin to end; its body, or "" when it failed.
  std::string fetch() {
    const auto exchange = ask();
    std::string body;
    return end(*exchange, &body) && !exchange->fault() ? body : "";
  }

  std::unique_ptr<net::Loop> loop = net::Loop::create().value();
  FakeOrigin origin;
  net::FakeResolver resolver;
  net::FakeGuard guard;
  net::Dialer dialer{*loop, resolver, guard, no_tls()};
  net::Event progress{*loop};
  ClientPool pool;

 private:
  /// Trusts the system's authorities, which have signed nothing here. Made once: reading them takes its time.
  static const net::TlsContext& no_tls() {
    static const auto kContext = net::TlsContext::create("").value();
    return *kContext;
  }
};

inline constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

}  // namespace peko::http

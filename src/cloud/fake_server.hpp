/// For tests: a server on loopback that says byte by byte what a test wants, however wrong.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/unique_fd.hpp"
#include "net/listener.hpp"

namespace peko::cloud {

/// One connection, on a thread of its own.
class FakeTalk {
 public:
  FakeTalk(UniqueFd socket, const std::atomic<bool>& stop) : socket_(std::move(socket)), stop_(stop) {}

  /// The next request's head with its empty line; empty: the client has gone.
  std::string head() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return {};
    }
    std::string head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    return head;
  }
  /// The next `size` bytes of its body; fewer: the client has gone.
  std::string body(std::size_t size) {
    while (received_.size() < size && receive()) {
    }
    std::string body = received_.substr(0, size);
    received_.erase(0, body.size());
    return body;
  }
  void say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN && wait(POLLOUT)) continue;
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// A whole answer.
  void answer(std::string_view status, std::string_view body, std::string_view more_headers = {}) {
    say("HTTP/1.1 " + std::string(status) + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
        std::string(more_headers) + "\r\n" + std::string(body));
  }
  /// Does nothing until the client has gone.
  void hang() {
    while (receive()) received_.clear();
  }
  /// Reads nothing until the client has gone.
  void ignore() { wait(POLLRDHUP); }

 private:
  bool wait(short events) {
    pollfd one{.fd = socket_.get(), .events = events, .revents = 0};
    while (!stop_.load()) {
      if (::poll(&one, 1, 20) > 0) return true;
    }
    return false;
  }
  bool receive() {
    char bytes[16'384];
    if (!wait(POLLIN)) return false;
    const ssize_t count = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  UniqueFd socket_;
  const std::atomic<bool>& stop_;
  std::string received_;
};

/// Runs `script` for each connection; when it returns, the connection is closed.
class FakeServer {
 public:
  using Script = std::function<void(FakeTalk&)>;

  explicit FakeServer(Script script)
      : listener_(net::Listener::bind(net::Address::parse("127.0.0.1:0").value(), net::Sharing::First).value()),
        script_(std::move(script)),
        thread_([this] { run(); }) {}
  ~FakeServer() {
    stop_.store(true);
    thread_.join();
    for (std::thread& each : talks_) each.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  /// "http://127.0.0.1:PORT", without a path.
  [[nodiscard]] std::string url() const { return "http://" + listener_.address().text(); }
  [[nodiscard]] int connections() const { return connections_.load(); }

 private:
  void run() {
    pollfd one{.fd = listener_.fd(), .events = POLLIN, .revents = 0};
    while (!stop_.load()) {
      if (::poll(&one, 1, 20) <= 0) continue;
      UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) continue;
      connections_.fetch_add(1);
      talks_.emplace_back([this, fd = socket.release()] {
        FakeTalk talk(UniqueFd(fd), stop_);
        script_(talk);
      });
    }
  }

  net::Listener listener_;
  const Script script_;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  std::list<std::thread> talks_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace peko::cloud

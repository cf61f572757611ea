/// Connection: one client's connection to the server under test: sends requests, takes the responses apart.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/unique_fd.hpp"
#include "http/h1_response_parser.hpp"
#include "load/traffic.hpp"

namespace peko::bench {

struct Answer {
  unsigned status = 0;
  std::uint64_t body_bytes = 0;
  TimePoint since;  ///< when the request was due
};

class Connection;

/// Who owns connections and is told what comes of them.
class Owner {
 public:
  virtual void answered(Connection& connection, const Answer& answer) = 0;
  /// The connection broke with requests under way, which have failed.
  virtual void broke(Connection& connection, std::size_t under_way) = 0;

 protected:
  ~Owner() = default;
};

/// Where it connects to and from. `epoll` is level-triggered.
struct Route {
  int epoll = -1;
  std::uint16_t port = 0;
  std::uint32_t source = 0;  ///< an IPv4 address; 0: the kernel's choice
};

/// Connects by itself when there is something to send, or before by open(). Lives as long as its owner.
class Connection {
 public:
  Connection(Route route, Owner& owner) : route_(route), owner_(owner) {}

  /// Puts a request behind those that are under way; flush() sends. The views live until it is answered.
  void add(std::string_view head, std::string_view body, TimePoint due);
  void flush();
  /// Begins to connect, though there is nothing to send yet.
  void open();
  void on_io(std::uint32_t events);
  /// Closes it; nothing may be under way.
  void close();

  [[nodiscard]] std::size_t under_way() const { return since_.size(); }
  [[nodiscard]] const std::deque<TimePoint>& since() const { return since_; }
  [[nodiscard]] bool connecting() const { return connecting_; }
  /// Requests that this socket has been given.
  [[nodiscard]] std::uint64_t used() const { return used_; }
  /// Sockets that it has had.
  [[nodiscard]] std::uint64_t dialled() const { return dialled_; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;  // more than the head of a response may have

  bool dial();
  void receive();
  /// False when the connection is of no more use.
  bool parse();
  void finish_answer();
  void fail();
  void drop_socket();
  void watch(bool writable);

  const Route route_;
  Owner& owner_;
  UniqueFd fd_;
  bool connecting_ = false;
  bool watching_writable_ = false;
  bool closing_ = false;  // the server closes it after the response that is being read
  std::uint64_t used_ = 0;
  std::uint64_t dialled_ = 0;

  std::deque<std::string_view> out_;  // pieces not sent yet
  std::deque<TimePoint> since_;       // of the requests under way, in order
  std::unique_ptr<char[]> in_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  std::size_t in_begin_ = 0, in_end_ = 0;
  std::optional<http::H1ResponseParser> parser_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace peko::bench

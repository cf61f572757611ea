/// The client of outbound requests: requests per second through the pool of one loop to one origin, and the sockets
/// that they take. Usage: client_bench [CONCURRENCY] [PORT]; without PORT it asks a server of its own on another thread
/// (the floor, as http_floor). The bar: 5,000 requests per second with fewer than 200 sockets.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "http/client_pool.hpp"
#include "http/server.hpp"
#include "net/caching_resolver.hpp"
#include "net/dialer.hpp"
#include "net/task_group.hpp"

namespace {

using namespace peko;

constexpr auto kTime = std::chrono::seconds(3);

class Hello final : public http::Handler {
 public:
  void handle(http::Exchange& exchange) override {
    static constexpr http::Field kFields[] = {{"content-type", "text/plain"}, {"content-length", "13"}};
    exchange.send_head({200, kFields});
    exchange.write(http::Chunk("hello, world\n"));
    exchange.finish();
  }
  http::RejectionResponse reject(http::Rejection, std::string_view detail) override {
    return {.status = 400, .fields = {}, .body = detail};
  }
};

/// A server on a thread of its own, until the end.
class Origin {
 public:
  Origin() : thread_([this] { serve(); }), started_(port_.get_future().get()) {}
  ~Origin() {
    loop_->stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return started_; }

 private:
  void serve() {
    Hello hello;
    const auto server = http::Server::start(*loop_, "127.0.0.1:0", http::Server::Sharing::First, hello, {}).value();
    port_.set_value(server->port());
    loop_->run();
    server->close_all();
  }

  std::unique_ptr<net::Loop> loop_ = net::Loop::create().value();
  std::promise<std::uint16_t> port_;
  std::thread thread_;
  std::uint16_t started_;
};

class Everywhere final : public net::AddressGuard {
 public:
  bool allows(const net::Address&) const override { return true; }
};

struct Totals {
  std::uint64_t complete = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;
};

/// One request after the other until the time is over. All of them outlive it.
net::Task<void> ask(http::ClientPool& pool, std::uint16_t port, net::TimePoint until, Totals& totals) {
  net::Event progress(pool.loop());
  while (pool.loop().now() < until) {
    const auto exchange = pool.start({.partition = "bench",
                                      .host = "127.0.0.1",
                                      .port = port,
                                      .method = "GET",
                                      .target = "/",
                                      .authority = "127.0.0.1",
                                      .body_length = 0},
                                     progress);
    while (exchange->body_state() == http::BodyState::Open) {
      co_await progress.wait();
      totals.bytes += exchange->body().size();
      exchange->consume(exchange->body().size());
    }
    ++(exchange->fault() ? totals.failed : totals.complete);
  }
}

net::Task<void> ask_all(http::ClientPool& pool, std::uint16_t port, unsigned concurrency, Totals& totals) {
  net::TaskGroup group(pool.loop());
  const net::TimePoint until = pool.loop().now() + kTime;
  for (unsigned i = 0; i < concurrency; ++i) group.spawn(ask(pool, port, until, totals));
  co_await group.join();
  pool.loop().stop();
}

template <typename T>
bool read(const char* word, T& number) {
  const std::string_view text(word);
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

}  // namespace

int main(int count, char** words) {
  unsigned concurrency = 256;
  std::uint16_t port = 0;
  if (count > 3 || (count > 1 && !read(words[1], concurrency)) || (count > 2 && !read(words[2], port))) {
    std::fprintf(stderr, "usage: client_bench [CONCURRENCY] [PORT]\n");
    return 2;
  }
  std::optional<Origin> origin;
  if (port == 0) port = origin.emplace().port();

  const auto loop = net::Loop::create().value();
  const SystemClock clock;
  net::CachingResolver resolver(clock);
  const Everywhere guard;
  const auto tls = net::TlsContext::create("").value();
  net::Dialer dialer(*loop, resolver, guard, *tls);
  http::ClientPool pool(*loop, dialer, {});
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  {
    net::TaskGroup group(*loop);
    group.spawn(ask_all(pool, port, concurrency, totals));
    loop->run();
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  const double rate = static_cast<double>(totals.complete) / time.count();
  const std::uint64_t sockets = pool.counts().dialled;
  std::printf("%u at a time: %.0f requests/s over %llu sockets, %llu failed\n", concurrency, rate,
              static_cast<unsigned long long>(sockets), static_cast<unsigned long long>(totals.failed));
  return rate >= 5'000 && sockets < 200 && totals.failed == 0 ? 0 : 1;
}

// A whole warm request, from a client's send to its receipt of the response: what `peko serve` does on a loop, with the
// client on the same thread.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "edge/edge.hpp"
#include "http/server.hpp"
#include "micro/counted.hpp"
#include "micro/guest_rig.hpp"

namespace peko::edge {
namespace {

constexpr std::string_view kRequest =
    "GET / HTTP/1.1\r\nHost: hello-c.localhost:3000\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
constexpr std::string_view kBegin = "HTTP/1.1 200 ";
constexpr std::string_view kBody = "\r\n\r\nHello, World!";
constexpr std::chrono::seconds kPatience{60};  // on a busy machine a guest may have to finish on an overflow thread

class NoReports final : public TrapExplainer {
 public:
  virtual ~NoReports() = default;
  bool explain(TrapReport&, TrapPlaces&) override { return false; }
};

/// A loop of a node with one function.
class Lane {
 public:
  Lane(bench::GuestRig& rig, LogStyle::Form form)
      : loop_(*rig.loop),
        sink_(LogSink::start(null_.get(), {}, clock_)),
        pool_({}, cold_starts_, *rig.runtime, rig.loop->deadlines()),
        edge_({.loop = loop_,
               .worker = *rig.worker,
               .pool = pool_,
               .router = router(),
               .assets = nullptr,
               .source = nullptr,
               .log = *sink_,
               .clock = clock_,
               .timing = {},
               .http = http_,
               .traps = traps_,
               .history = {.requests = 2048, .failures = 512, .log_bytes = 1 << 20}},
              {.form = form}) {
    auto version = std::make_shared<pool::Version>();
    version->function = "hello-c";
    version->component = rig.component;
    edge_.deploy(0, std::make_shared<const Deployed>(Deployed{.versions = {{.version = version}}}));
  }
  ~Lane() {
    if (server_) {
      server_->close_all();
      turn_until([this] { return server_->connections() == 0; });
    }
    sink_->stop();
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// Begins to listen, and connects the client.
  Status connect() {
    auto server = http::Server::start(loop_, "127.0.0.1:0", http::Server::Sharing::First, edge_, http_);
    if (!server) return fail(std::move(server.error()));
    server_ = std::move(*server);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // Safety: the sockets API takes all kinds of addresses so.
    if (::connect(client_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      return fail(Code::Unavailable, "cannot connect to the benchmark's own server");
    }
    return {};
  }

  /// One request and its response. Whether it is the right one.
  bool ask() {
    if (::send(client_.get(), kRequest.data(), kRequest.size(), 0) != static_cast<ssize_t>(kRequest.size()))
      return false;
    received_ = 0;
    const auto complete = [this] {
      const ssize_t count = ::recv(client_.get(), answer_.data() + received_, answer_.size() - received_, MSG_DONTWAIT);
      if (count > 0) received_ += static_cast<std::size_t>(count);
      return std::string_view(answer_.data(), received_).ends_with(kBody);
    };
    return turn_until(complete) && std::string_view(answer_.data(), received_).starts_with(kBegin);
  }

 private:
  static std::shared_ptr<const Router> router() {
    auto router = std::make_shared<Router>("localhost");
    router->add_name("hello-c", 0);
    return router;
  }
  /// Turns the loop until the condition holds; false when that takes forever.
  template <typename Condition>
  bool turn_until(Condition condition) {
    const auto begin = loop_.now();
    do {
      loop_.stop();
      loop_.run();
      if (condition()) return true;
    } while (loop_.now() - begin < kPatience);
    return false;
  }

  net::Loop& loop_;
  const SystemClock clock_;
  const http::Limits http_;
  const UniqueFd null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  NoReports traps_;
  std::unique_ptr<LogSink> sink_;
  pool::ColdStarts cold_starts_{1};
  pool::WarmPool pool_;
  Edge edge_;
  std::unique_ptr<http::Server> server_;
  UniqueFd client_;
  std::array<char, 4096> answer_{};
  std::size_t received_ = 0;
};

void request(benchmark::State& state, LogStyle::Form form) {
  const auto rig = bench::GuestRig::start("samples/hello-c");
  if (!rig) return state.SkipWithError(rig.error().message.c_str());
  Lane lane(**rig, form);
  if (const Status connected = lane.connect(); !connected) {
    return state.SkipWithError(connected.error().message.c_str());
  }
  if (!lane.ask()) return state.SkipWithError("the first request failed");
  for (auto _ : state) {
    if (!lane.ask()) {
      state.SkipWithError("a request failed");
      break;
    }
  }
}
BENCHMARK_CAPTURE(request, warm, LogStyle::Form::Off)->Apply(bench::counted);
BENCHMARK_CAPTURE(request, logged, LogStyle::Form::Json)->Apply(bench::counted);

}  // namespace
}  // namespace peko::edge

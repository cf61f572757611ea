#include "node/lane.hpp"

#include <pthread.h>

#include <future>
#include <utility>

namespace peko::node {

namespace {

constexpr std::chrono::seconds kSweepInterval{1};
constexpr std::chrono::milliseconds kIdlePoll{10};
// Of the requests that are remembered; failures should be few.
constexpr std::uint64_t kFailureShare = 4;

// What one of the loops remembers: nothing when there is nobody who could ask.
edge::History::Size history_size(const Config& config) {
  if (config.admin.empty()) return {};
  const auto share = [&config](std::uint64_t all) { return (all + config.threads - 1) / config.threads; };
  return {.requests = share(config.inspect_requests),
          .failures = share((config.inspect_requests + kFailureShare - 1) / kFailureShare),
          .log_bytes = share(config.inspect_log_mb << 20U)};
}

}  // namespace

// Expires idle instances and counts the others once a second.
class Lane::Sweeper final : public net::Deadline {
 public:
  explicit Sweeper(Lane& lane) : lane_(lane) { arm_next(); }

 private:
  void arm_next() { arm(lane_.loop_.deadlines(), lane_.loop_.now() + kSweepInterval); }
  void expired() override {
    lane_.pool_.sweep(lane_.loop_.now());
    lane_.count();
    arm_next();
  }
  Lane& lane_;
};

Lane::Lane(net::Loop& loop, const LaneParts& parts)
    : loop_(loop),
      worker_(parts.runtime.add_worker(loop)),
      dialer_(loop, parts.resolver, parts.guard, parts.tls),
      client_(loop, dialer_, {}),
      pool_(parts.pool_limits, parts.cold_starts, parts.runtime, loop.deadlines()),
      edge_({.loop = loop,
             .worker = worker_,
             .pool = pool_,
             .router = parts.router,
             .assets = parts.assets,
             .source = parts.source,
             .log = parts.log,
             .clock = parts.clock,
             .timing = {.whom = parts.config.timing, .admin_token = parts.config.admin_token},
             .http = parts.config.http,
             .traps = parts.traps,
             .fault_detail =
                 parts.config.fault_detail == FaultDetail::Show ? edge::FaultDetail::Show : edge::FaultDetail::Hide,
             .dev = parts.config.dev,
             .history = history_size(parts.config)},
            parts.style) {
  worker_.use_client(&client_);
  worker_.use_store(parts.key_value, parts.config.keyvalue_value_mb << 20);
}

Lane::~Lane() { worker_.use_client(nullptr); }

Result<std::unique_ptr<Lane>> Lane::create(net::Loop& loop, const LaneParts& parts, const std::string& address,
                                           http::Server::Sharing sharing) {
  std::unique_ptr<Lane> lane(new Lane(loop, parts));
  Result<std::unique_ptr<http::Server>> server =
      http::Server::start(loop, address, sharing, lane->edge_, parts.config.http);
  if (!server) return fail(std::move(server.error()));
  lane->server_ = std::move(*server);
  lane->sweeper_ = std::make_unique<Sweeper>(*lane);
  return lane;
}

// Brings the numbers that are looked at, not counted, up to date.
void Lane::count() {
  edge_.sweep();
  stats_.connections.set(server_->connections());
  stats_.requests.set(edge_.in_flight());
  stats_.instances_idle.set(pool_.idle());
  stats_.instances_busy.set(pool_.alive() - pool_.idle());
  stats_.accept_rests.set(server_->accept_rests());
  stats_.invalid_fields.set(server_->invalid_fields());
}

void Lane::start_thread() {
  loop_.post([this] { lag_probe_.emplace(loop_, stats_.lag); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "peko-loop");
    worker_.attach();
    loop_.run();
  });
}

void Lane::on_edge(std::move_only_function<void(edge::Edge&)> work) {
  loop_.post([this, work = std::move(work)]() mutable { work(edge_); });
}

void Lane::drain() {
  loop_.post([this] {
    edge_.drain();
    server_->drain();
  });
}

std::size_t Lane::under_way() const { return edge_.in_flight() + worker_.in_flight() + server_->connections(); }

std::size_t Lane::wait_idle(std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::promise<std::size_t> answer;
    loop_.post([this, &answer] { answer.set_value(under_way()); });
    const std::size_t left = answer.get_future().get();
    if (left == 0 || std::chrono::steady_clock::now() >= give_up) return left;
    std::this_thread::sleep_for(kIdlePoll);  // tidy: only while a node stops
  }
}

void Lane::cancel_all() {
  loop_.post([this] {
    edge_.cancel_all();
    server_->close_all();
  });
}

void Lane::stop() {
  loop_.stop();
  thread_.join();
}

}  // namespace peko::node

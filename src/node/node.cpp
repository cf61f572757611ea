#include "node/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <thread>
#include <utility>

#include "net/listener.hpp"
#include "node/function_loader.hpp"
#include "node/in_parallel.hpp"
#include "node/memory_budget.hpp"
#include "node/start_checks.hpp"
#include "node/stop_signal.hpp"
#include "node/symbolise_process.hpp"

namespace peko::node {

namespace {

// How long cancelled requests get to come home from where they are: a slice on an overflow thread, a turn of their
// loop.
constexpr std::chrono::seconds kCancelPatience{5};

// Idle instances make room above the memory budget; running ones may go beyond it by a quarter before their growth is
// refused, so that a burst of them does not fail where evicting would have done.
std::uint64_t hard_limit(std::uint64_t budget) { return budget + budget / 4; }

// The rest is for what is not counted: the compiled code, connections, buffers, the kernel's share of all of them.
std::uint64_t default_memory_budget_mb() { return std::max<std::uint64_t>(16, available_memory() / 10 * 6 >> 20); }

// What one of the node's loops may have of `all`: connections are spread over the loops, so their shares are equal.
std::size_t share(std::size_t all, unsigned loops) { return std::max<std::size_t>(1, (all + loops - 1) / loops); }

edge::LogStyle style_of(const Config& config, const LogSink& log) {
  const auto form = [&] {
    switch (config.log_format) {
      case LogFormat::Text: return edge::LogStyle::Form::Text;
      case LogFormat::Json: return edge::LogStyle::Form::Json;
      case LogFormat::Off: break;
    }
    return edge::LogStyle::Form::Off;
  }();
  return {.form = form, .colour = log.form() == LogForm::Coloured};
}

// The same host with another port.
std::string with_port(const std::string& address, std::uint16_t port) {
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

// How many functions are loaded at once: each may compile on all cores.
unsigned compilers(const Config& config) {
  if (config.compile_at_once != 0) return config.compile_at_once;
  return std::clamp(std::thread::hardware_concurrency() / 2, 1U, kCompileAtOnceMax);
}

}  // namespace

Node::Node(Config config, LogSink& log, const Clock& clock)
    : config_(std::move(config)),
      log_(log),
      clock_(clock),
      router_(config_.domain),
      cold_starts_(std::max(1U, std::thread::hardware_concurrency() / 2)),
      resolver_(clock),
      guard_(config_.outbound_allow_ranges),
      status_({.version = PEKO_VERSION}) {
  if (config_.threads == 0) config_.threads = std::max(1U, std::thread::hardware_concurrency());
  if (config_.concurrency_max == 0) config_.concurrency_max = config_.instances_max;
  if (config_.function_concurrency_max == 0) config_.function_concurrency_max = (config_.concurrency_max + 1) / 2;
  if (config_.memory_budget_mb == 0) config_.memory_budget_mb = default_memory_budget_mb();
}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(Config config, const std::vector<code::Function>& functions, LogSink& log,
                                          const Clock& clock, const OnLoaded& on_loaded) {
  std::unique_ptr<Node> node(new Node(std::move(config), log, clock));
  // An address that cannot be had is told before seconds of compiling, not after.
  const Result<net::Address> address = net::Address::parse(node->config_.listen);
  if (!address) return fail(address.error());
  if (const auto probe = net::Listener::bind(*address, net::Sharing::First); !probe) return fail(probe.error());
  for (const std::string& advice : prepare_process(node->config_)) log.write(LogLevel::Warn, advice);
  if (Status status = node->start_admin(); !status) return fail(std::move(status.error()));
  Result<std::unique_ptr<net::TlsContext>> tls = net::TlsContext::create(node->config_.outbound_ca_file);
  if (!tls) return fail(std::move(tls.error()), "reading the certificates that functions' requests trust");
  node->tls_ = std::move(*tls);
  if (Status status = node->start_engine(); !status) return fail(std::move(status.error()));
  node->load(functions, on_loaded);
  node->route(functions);
  if (Status status = node->start_lanes(); !status) return fail(std::move(status.error()));
  StopSignal::install();  // whoever is told that it listens may stop it
  return node;
}

Status Node::start_admin() {
  if (config_.admin.empty()) return {};
  Result<std::unique_ptr<Admin>> admin = Admin::start(config_.admin, config_.admin_token, status_, log_);
  if (!admin) return fail(std::move(admin.error()));
  admin_ = std::move(*admin);
  if (const Result<net::Address> address = net::Address::parse(admin_->address())) guard_.add_own_port(address->port());
  log_.write(LogLevel::Info,
             "admin at " + admin_->address() + ": /metrics, /healthz/live, /healthz/ready, /api/functions");
  return {};
}

Status Node::start_engine() {
  for (unsigned i = 0; i < config_.threads; i++) {
    Result<std::unique_ptr<net::Loop>> loop = net::Loop::create();
    if (!loop) return fail(std::move(loop.error()));
    loops_.push_back(std::move(*loop));
  }
  Result<std::unique_ptr<engine::Runtime>> runtime =
      engine::Runtime::start({.instances_max = config_.instances_max,
                              .loops = config_.threads,
                              .overflow_threads = config_.threads,
                              .clock_resolution = config_.clock_resolution});
  if (!runtime) return fail(std::move(runtime.error()));
  runtime_ = std::move(*runtime);
  runtime_->limit_memory(hard_limit(config_.memory_budget_mb << 20));
  return {};
}

void Node::load(const std::vector<code::Function>& functions, const OnLoaded& on_loaded) {
  FunctionLoader loader(*runtime_, config_.cache_dir, config_.compile, log_);
  struct Load {
    Result<FunctionLoader::Loaded> loaded = fail(Code::Internal, "not loaded yet");
    std::chrono::milliseconds took{};
  };
  std::vector<Load> loads(functions.size());
  const auto work = [&](std::size_t i) {
    const auto begin = clock_.now();
    loads[i].loaded = loader.load(functions[i]);
    loads[i].took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begin);
  };
  const auto done = [&](std::size_t i) {
    Result<FunctionLoader::Loaded>& loaded = loads[i].loaded;
    LoadReport report{.name = functions[i].name, .status = {}, .took = loads[i].took};
    if (loaded) {
      report.compiled = loaded->from == FunctionLoader::From::Compiler;
      versions_.push_back(make_version(functions[i], std::move(loaded->component), "", loaded->hash));
    } else {
      versions_.push_back(make_version(functions[i], nullptr, loaded.error().message));
      report.status = fail(std::move(loaded.error()));
    }
    on_loaded(report);
  };
  in_parallel(functions.size(), compilers(config_), work, done);
}

void Node::route(const std::vector<code::Function>& functions) {
  for (std::size_t i = 0; i < functions.size(); i++) {
    router_.add_name(functions[i].name, i);
    for (const std::string& route : functions[i].routes) router_.add_route(route, i);
    if (functions[i].name == config_.default_function) router_.set_default(i);
  }
}

pool::PoolLimits Node::pool_limits() const {
  return {
      .instances_max = std::max<std::size_t>(1, config_.instances_max / config_.threads),
      .running_max = share(config_.concurrency_max, config_.threads),
      .function_running_max = share(config_.function_concurrency_max, config_.threads),
      .waiting_max = share(config_.queue_max, config_.threads),
      .function_waiting_max = share((config_.queue_max + 1) / 2, config_.threads),
      .memory_bytes_max = config_.memory_budget_mb << 20,
  };
}

Status Node::start_lanes() {
  traps_ = std::make_unique<TrapReports>(symbolise_in_child, style_of(config_, log_), log_, clock_);
  const LaneParts parts{.config = config_,
                        .runtime = *runtime_,
                        .router = router_,
                        .versions = versions_,
                        .log = log_,
                        .clock = clock_,
                        .style = style_of(config_, log_),
                        .traps = *traps_,
                        .pool_limits = pool_limits(),
                        .cold_starts = cold_starts_,
                        .resolver = resolver_,
                        .guard = guard_,
                        .tls = *tls_};
  for (const std::unique_ptr<net::Loop>& loop : loops_) {
    const auto sharing = lanes_.empty() ? http::Server::Sharing::First : http::Server::Sharing::Join;
    Result<std::unique_ptr<Lane>> lane = Lane::create(*loop, parts, config_.listen, sharing);
    if (!lane) return fail(std::move(lane.error()));
    config_.listen = with_port(config_.listen, (*lane)->port());
    if (lanes_.empty()) guard_.add_own_port((*lane)->port());  // the others join it there
    lanes_.push_back(std::move(*lane));
  }
  return {};
}

void Node::show() {
  NodeView view{
      .version = PEKO_VERSION, .engine = runtime_->id(), .functions = versions_, .lanes = {}, .memory = runtime_.get()};
  for (const std::unique_ptr<Lane>& lane : lanes_) view.lanes.push_back(lane->view());
  status_.ready(std::move(view));
}

void Node::start_alerts() {
  if (config_.alert_webhook.empty()) return;
  std::array<char, HOST_NAME_MAX + 1> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::vector<AlertSource> sources{{.event = "unavailable",
                                    .what = "requests were answered 503 (PEKO-OVERLOADED)",
                                    .total = [this] { return unavailable_total(status_.view()); }},
                                   {.event = "log-dropped",
                                    .what = "log lines were lost because their reader is slow",
                                    .total = [this] { return log_.dropped(); }}};
  alerts_ = std::make_unique<AlertThread>(config_.alert_webhook, std::move(sources),
                                          host.data() + config_.listen.substr(config_.listen.rfind(':')), clock_, log_);
}

int Node::run() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->start_thread();
  show();
  start_alerts();
  StopSignal::wait();
  log_.write(LogLevel::Info, "stopping: finishing what is under way (a second signal stops at once)");
  stop_lanes();
  return 0;
}

void Node::stop_lanes() {
  status_.draining();
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->drain();
  const auto give_up = std::chrono::steady_clock::now() + config_.drain_timeout;
  std::size_t left = 0;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    const auto patience =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
    left += lane->wait_idle(std::max(patience, std::chrono::milliseconds(0)));
  }
  if (left > 0) log_.write(LogLevel::Warn, "cutting off what has not finished in time");
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->cancel_all();
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->wait_idle(kCancelPatience);
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->stop();
}

}  // namespace peko::node

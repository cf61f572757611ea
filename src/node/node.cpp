#include "node/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "net/listener.hpp"
#include "node/function_loader.hpp"
#include "node/stop_signal.hpp"
#include "node/symbolise_process.hpp"

namespace peko::node {

namespace {

// How long cancelled requests get to come home from where they are: a slice on an overflow thread, a turn of their
// loop.
constexpr std::chrono::seconds kCancelPatience{5};

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

}  // namespace

Node::Node(Config config, LogSink& log, const Clock& clock)
    : config_(std::move(config)), log_(log), clock_(clock), router_(config_.domain) {
  if (config_.threads == 0) config_.threads = std::max(1U, std::thread::hardware_concurrency());
}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(Config config, const std::vector<code::Function>& functions, LogSink& log,
                                          const Clock& clock, const OnLoaded& on_loaded) {
  std::unique_ptr<Node> node(new Node(std::move(config), log, clock));
  // An address that cannot be had is told before seconds of compiling, not after.
  const Result<net::Address> address = net::Address::parse(node->config_.listen);
  if (!address) return fail(address.error());
  if (const auto probe = net::Listener::bind(*address, net::Sharing::First); !probe) return fail(probe.error());
  if (Status status = node->start_engine(); !status) return fail(std::move(status.error()));
  if (Status status = node->load(functions, on_loaded); !status) return fail(std::move(status.error()));
  node->route(functions);
  if (Status status = node->start_lanes(); !status) return fail(std::move(status.error()));
  StopSignal::install();  // whoever is told that it listens may stop it
  return node;
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
  return {};
}

Status Node::load(const std::vector<code::Function>& functions, const OnLoaded& on_loaded) {
  Result<FunctionLoader> loader = FunctionLoader::open(*runtime_, config_.cache_dir, log_);
  if (!loader) return fail(std::move(loader.error()));
  for (const code::Function& function : functions) {
    const auto begin = clock_.now();
    Result<FunctionLoader::Loaded> loaded = loader->load(function);
    LoadReport report{.name = function.name, .status = {}};
    if (loaded) {
      report.compiled = loaded->from == FunctionLoader::From::Compiler;
      versions_.push_back(make_version(function, std::move(loaded->component), "", loaded->hash));
    } else {
      versions_.push_back(make_version(function, nullptr, loaded.error().message));
      report.status = fail(std::move(loaded.error()));
    }
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begin);
    on_loaded(report);
  }
  return {};
}

void Node::route(const std::vector<code::Function>& functions) {
  for (std::size_t i = 0; i < functions.size(); i++) {
    router_.add_name(functions[i].name, i);
    for (const std::string& route : functions[i].routes) router_.add_route(route, i);
    if (functions[i].name == config_.default_function) router_.set_default(i);
  }
}

Status Node::start_lanes() {
  const std::size_t instances = std::max<std::size_t>(1, config_.instances_max / config_.threads);
  traps_ = std::make_unique<TrapReports>(symbolise_in_child, style_of(config_, log_), log_, clock_);
  const LaneParts parts{.config = config_,
                        .runtime = *runtime_,
                        .router = router_,
                        .versions = versions_,
                        .log = log_,
                        .clock = clock_,
                        .style = style_of(config_, log_),
                        .traps = *traps_,
                        .instances_max = instances};
  for (const std::unique_ptr<net::Loop>& loop : loops_) {
    const auto sharing = lanes_.empty() ? http::Server::Sharing::First : http::Server::Sharing::Join;
    Result<std::unique_ptr<Lane>> lane = Lane::create(*loop, parts, config_.listen, sharing);
    if (!lane) return fail(std::move(lane.error()));
    config_.listen = with_port(config_.listen, (*lane)->port());
    lanes_.push_back(std::move(*lane));
  }
  return {};
}

int Node::run() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->start_thread();
  StopSignal::wait();
  log_.write(LogLevel::Info, "stopping: finishing what is under way (a second signal stops at once)");
  stop_lanes();
  return 0;
}

void Node::stop_lanes() {
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

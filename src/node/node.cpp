#include "node/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <thread>
#include <utility>

#include "net/listener.hpp"
#include "node/live_functions.hpp"
#include "node/memory_budget.hpp"
#include "node/start_checks.hpp"
#include "node/stop_signal.hpp"
#include "node/store_functions.hpp"
#include "node/symbolise_process.hpp"

namespace peko::node {

namespace {

// How long cancelled requests get to come home from where they are: a slice on an overflow thread, a turn of their
// loop.
constexpr std::chrono::seconds kCancelPatience{5};

// How long writes to key-value stores, which nobody waits for any more, may take to reach the disk.
constexpr std::chrono::seconds kStorePatience{10};
// How long a stop waits for static files that nobody wants any more.
constexpr std::chrono::seconds kAssetPatience{3};

// How long a stop waits for the report of a trap: a child that looks up lines, or a source map from the code store.
constexpr std::chrono::seconds kTrapPatience{5};

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
      cold_starts_(std::max(1U, std::thread::hardware_concurrency() / 2)),
      resolver_(clock),
      guard_(config_.outbound_allow_ranges),
      status_({.version = PEKO_VERSION}) {
  if (config_.threads == 0) config_.threads = std::max(1U, std::thread::hardware_concurrency());
  if (config_.concurrency_max == 0) config_.concurrency_max = config_.instances_max;
  if (config_.function_concurrency_max == 0) config_.function_concurrency_max = (config_.concurrency_max + 1) / 2;
  if (config_.memory_budget_mb == 0) config_.memory_budget_mb = default_memory_budget_mb();
}

Node::~Node() {
  if (assets_ != nullptr) (void)assets_->stop(kAssetPatience);  // one that never ran
}

Result<std::unique_ptr<Node>> Node::start(Config config, Source source, LogSink& log, const Clock& clock,
                                          const OnLoaded& on_loaded) {
  std::unique_ptr<Node> node(new Node(std::move(config), log, clock));
  Status begun = node->begin(std::move(source), on_loaded);
  if (begun) return node;
  // A thread that a store holds up still uses all of it, and the process is about to end.
  const bool assets_ended = node->assets_ == nullptr || node->assets_->stop(kAssetPatience);
  const bool functions_ended = node->functions_ == nullptr || node->functions_->stop();
  if (!assets_ended || !functions_ended) (void)node.release();
  return fail(std::move(begun.error()));
}

Status Node::begin(Source source, const OnLoaded& on_loaded) {
  // An address that cannot be had is told before seconds of compiling, not after.
  const Result<net::Address> address = net::Address::parse(config_.listen);
  if (!address) return fail(address.error());
  if (const auto probe = net::Listener::bind(*address, net::Sharing::First); !probe) return fail(probe.error());
  for (const std::string& advice : prepare_process(config_)) log_.write(LogLevel::Warn, advice);
  if (config_.functions_loaded_max == 0) config_.functions_loaded_max = loaded_functions_fitting(config_);
  if (Status status = start_admin(); !status) return status;
  Result<std::unique_ptr<net::TlsContext>> tls = net::TlsContext::create(config_.outbound_ca_file);
  if (!tls) return fail(std::move(tls.error()), "reading the certificates that functions' requests trust");
  tls_ = std::move(*tls);
  if (Status status = start_engine(); !status) return status;
  if (Status status = open_cache(); !status) return status;
  if (!config_.data_dir.empty()) {
    key_value_ = std::make_unique<keyvalue::SqliteStore>(
        keyvalue::SqliteOptions{.folder = key_value_folder(config_.data_dir)}, clock_, log_);
  }
  make_functions(std::move(source));
  if (Status status = functions_->load(on_loaded); !status) return status;
  if (Status status = start_lanes(); !status) return status;
  StopSignal::install();  // whoever is told that it listens may stop it
  return {};
}

Status Node::start_admin() {
  if (config_.admin.empty()) return {};
  const auto start = [this](const std::string& address) {
    return Admin::start(address, config_.admin_token, status_, log_, clock_);
  };
  Result<std::unique_ptr<Admin>> admin = start(config_.admin);
  if (!admin && admin.error().code == Code::Unavailable && config_.admin_port == AdminPort::Any) {
    admin = start(with_port(config_.admin, 0));
  }
  if (!admin) return fail(std::move(admin.error()));
  admin_ = std::move(*admin);
  if (const Result<net::Address> address = net::Address::parse(admin_->address())) guard_.add_own_port(address->port());
  if (config_.dev != nullptr) return {};  // the table of `peko dev` has it
  log_.write(LogLevel::Info, "admin at " + admin_->address() + ": the inspector at http://" + admin_->address() +
                                 "/, /metrics, /api/...");
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

// A key that the operator named must be there: without it nothing that was signed or sealed elsewhere could be used.
// Without a cache, and a key of its own, everything is fetched and compiled at each start and kept in memory.
Status Node::open_cache() {
  if (!config_.key_file.empty()) {
    Result<code::NodeKey> key = code::NodeKey::read(config_.key_file);
    if (!key) return fail(std::move(key.error()), "reading the key_file of this node");
    key_.emplace(std::move(*key));
  }
  const auto open = [this]() -> Status {
    if (!key_) {
      Result<code::NodeKey> key = code::NodeKey::open(std::filesystem::path(config_.cache_dir) / "key");
      if (!key) return fail(std::move(key.error()));
      key_.emplace(std::move(*key));
    }
    Result<code::LocalCache> cache = code::LocalCache::open(config_.cache_dir, config_.cache_mb << 20, *key_);
    if (!cache) return fail(std::move(cache.error()));
    cache_.emplace(std::move(*cache));
    return {};
  };
  if (const Status opened = open(); !opened) {
    log_.write(LogLevel::Warn, "the cache of compiled functions is not used, each start compiles all of them: " +
                                   opened.error().message);
  }
  return {};
}

void Node::make_functions(Source source) {
  const code::LocalCache* const cache = cache_ ? &*cache_ : nullptr;
  const bool changing = std::holds_alternative<StagedSource>(source);
  components_ =
      std::make_unique<ComponentLoader>(*runtime_, cache, config_.compile, log_,
                                        changing ? ComponentLoader::Remember::Yes : ComponentLoader::Remember::No);
  if (changing) {
    functions_ = std::make_unique<LiveFunctions>(
        LiveFunctionsParts{.load = [this](const code::Function& function) { return components_->load_file(function); },
                           .prepare = [this](const code::Function& function) { components_->prepare(function); },
                           .forget = [this](const std::string& function) { components_->forget(function); },
                           .clock = clock_,
                           .domain = config_.domain,
                           .default_function = config_.default_function,
                           .compilers = compilers(config_)});
    return;
  }
  CodeSource& code = std::get<CodeSource>(source);
  const bool shared = !config_.key_file.empty();
  functions_ = std::make_unique<StoreFunctions>(
      std::move(code.store), code.limits_max,
      StoreFunctionsParts{.cache = cache,
                          .key = key_ ? &*key_ : nullptr,
                          .share = shared ? StoreLoaderParts::Share::Yes : StoreLoaderParts::Share::No,
                          .components = *components_,
                          .runtime = *runtime_,
                          .log = log_,
                          .clock = clock_},
      RegistryOptions{.domain = config_.domain,
                      .default_function = config_.default_function,
                      .check_interval = config_.check_interval,
                      .loaded_max = config_.functions_loaded_max,
                      .compilers = compilers(config_)});
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
  assets_ = std::make_unique<AssetMemory>(config_.asset_memory_mb << 20, clock_);
  traps_ = std::make_unique<TrapReports>(
      symbolise_in_child, [this](const edge::TrapPlaces& script) { return functions_->source_map(script); },
      style_of(config_, log_), log_, clock_, trap_history_);
  const LaneParts parts{.config = config_,
                        .runtime = *runtime_,
                        .router = functions_->router(),
                        .assets = assets_.get(),
                        .source = functions_->source(),
                        .log = log_,
                        .clock = clock_,
                        .style = style_of(config_, log_),
                        .traps = *traps_,
                        .pool_limits = pool_limits(),
                        .cold_starts = cold_starts_,
                        .resolver = resolver_,
                        .guard = guard_,
                        .tls = *tls_,
                        .key_value = key_value_.get()};
  for (const std::unique_ptr<net::Loop>& loop : loops_) {
    const auto sharing = lanes_.empty() ? http::Server::Sharing::First : http::Server::Sharing::Join;
    Result<std::unique_ptr<Lane>> lane = Lane::create(*loop, parts, config_.listen, sharing);
    if (!lane) return fail(std::move(lane.error()));
    config_.listen = with_port(config_.listen, (*lane)->port());
    if (lanes_.empty()) guard_.add_own_port((*lane)->port());  // the others join it there
    lanes_.push_back(std::move(*lane));
  }
  functions_->attach(all_lanes_);
  return {};
}

void Node::show() {
  NodeView view{.version = PEKO_VERSION,
                .engine = runtime_->id(),
                .lanes = {},
                .board = &functions_->board(),
                .memory = runtime_.get(),
                .store = functions_->store(),
                .key_value = key_value_ ? &key_value_->usage() : nullptr,
                .refresher = functions_->refresher(),
                .loops = &all_lanes_,
                .traps = &trap_history_};
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
  if (const StoreStats* const store = functions_->store()) {
    sources.push_back({.event = "store-refused",
                       .what = "objects of the code store were refused: changed, or not readable (the log names them)",
                       .total = [store] { return store->refused_total(); }});
    sources.push_back({.event = "load-failed",
                       .what = "loads of functions failed (the log says why)",
                       .total = [store] { return store->failed_loads(); }});
  }
  alerts_ = std::make_unique<AlertThread>(config_.alert_webhook, std::move(sources),
                                          host.data() + config_.listen.substr(config_.listen.rfind(':')), clock_, log_);
}

void Node::stop() { StopSignal::raise(); }

int Node::run(const std::function<void()>& stopping) {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->start_thread();
  show();
  start_alerts();
  StopSignal::wait();
  if (stopping) stopping();
  log_.write(LogLevel::Info, "stopping: finishing what is under way (a second signal stops at once)");
  stop_lanes();
  return 0;
}

// What nobody has started stops at once.
bool Node::stop_waiting() {
  const bool stored = !key_value_ || key_value_->stop(kStorePatience);
  const bool reported = traps_->stop(kTrapPatience);
  return functions_->stop() && stored && reported;
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
  const bool assets_ended = assets_->stop(kAssetPatience);
  if (!stop_waiting() || !assets_ended) {
    // All is answered and logged; what is left cannot be waited for and uses all of the node.
    log_.write(LogLevel::Warn,
               "leaving behind a call to the code store, a compilation or a write to data_dir that does not end");
    log_.stop();
    std::_Exit(0);
  }
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->stop();
}

}  // namespace peko::node

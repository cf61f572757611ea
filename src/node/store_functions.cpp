#include "node/store_functions.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/text.hpp"

namespace peko::node {

namespace {

// How long a start waits for a store before it takes what it remembers of it.
constexpr std::chrono::seconds kStartPatience{10};
// How long a stop waits for calls to the store and for compilers.
constexpr std::chrono::seconds kStopPatience{3};

}  // namespace

StoreFunctions::StoreFunctions(std::unique_ptr<code::Store> store, const code::LimitsMax& maxima,
                               const StoreFunctionsParts& parts, RegistryOptions options)
    : store_(std::move(store)),
      maxima_(maxima),
      default_function_(options.default_function),
      log_(parts.log),
      watched_(*store_, stats_),
      loader_({.store = watched_,
               .cache = parts.cache,
               .key = parts.key,
               .maxima = maxima_,
               .components = parts.components,
               .runtime = parts.runtime,
               .stats = stats_,
               .log = parts.log,
               .share = parts.share}),
      registry_({.store = watched_,
                 .cache = parts.cache,
                 .maxima = maxima_,
                 .loader = loader_,
                 .stats = stats_,
                 .log = parts.log,
                 .clock = parts.clock},
                std::move(options)),
      preparing_("peko-prepare", 1) {}

Status StoreFunctions::load(const OnLoaded& on_loaded) {
  if (Status started = registry_.start(kStartPatience); !started) return started;
  const std::size_t count = registry_.size();
  if (count == 0) {
    log_.write(LogLevel::Warn, fmt::format("the code store {} has no functions yet", store_->shown()));
  } else if (count > kPreloadMax) {
    log_.write(LogLevel::Info,
               fmt::format("the code store {} has {} functions: each is loaded when it is first asked for",
                           store_->shown(), count));
    preparing_.post([this] { loader_.prepare_script_engine(); });
  } else {
    log_.write(LogLevel::Info, fmt::format("loading the functions of {}: {}", store_->shown(), count));
    registry_.preload(on_loaded);
  }
  tell_of_default();
  return {};
}

// A default function that is not there may come later, and whoever mistyped it wants to know.
void StoreFunctions::tell_of_default() {
  if (default_function_.empty() || board().function(default_function_)) return;
  std::vector<std::string> names;
  for (FunctionView& function : board().functions()) names.push_back(std::move(function.name));
  const auto near = nearest(default_function_, names);
  log_.write(LogLevel::Warn,
             fmt::format("the default function \"{}\" is not in the code store {} (yet){}", default_function_,
                         store_->shown(), near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

bool StoreFunctions::stop() {
  const bool prepared = preparing_.stop(kStopPatience);
  return registry_.stop(kStopPatience) && prepared;
}

}  // namespace peko::node

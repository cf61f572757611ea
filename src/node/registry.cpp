#include "node/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "node/in_parallel.hpp"

namespace peko::node {

namespace {

// Reading and mapping what is on the disk: two, so that one large artifact holds up nobody.
constexpr unsigned kCacheThreads = 2;
// Each waits for the store most of its time. As many calls to a store that hangs as a node may have.
constexpr unsigned kStoreThreads = 16;
// Previews that are loaded at once: clients choose their numbers.
constexpr std::size_t kPreviewsMax = 8;
// What cannot get better by itself is tried again seldom: until then only a change in the store or "look now" helps.
constexpr std::chrono::seconds kRetryMost{60};
constexpr unsigned kDoublingsMax = 6;
// What was read may not be what was listed: a cache between may lag behind. So long it gets before it is read again.
constexpr std::chrono::seconds kLagMost{2};

std::chrono::seconds pause_after(Code code, unsigned failures) {
  if (code == Code::Invalid || code == Code::Unsupported) return kRetryMost;
  if (is_outage(code)) return std::chrono::seconds(1);
  return std::min(kRetryMost, std::chrono::seconds(1U << std::min(failures, kDoublingsMax)));
}

Reach next_reach(const Obstacle& obstacle) {
  return obstacle.kind == Obstacle::Kind::NeedsStore ? Reach::Store : Reach::Compiler;
}

edge::Fault fault_of(Code code) {
  if (code == Code::NotFound) return edge::Fault::NoFunction;
  return is_outage(code) ? edge::Fault::Store : edge::Fault::BadComponent;
}

std::chrono::milliseconds milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

// " v12" or " v12 and v11"; nothing for a dropped component.
std::string versions_of(const LoadedFunction& loaded) {
  std::string text;
  if (loaded.deployed == nullptr) return text;
  for (const edge::Deployed::Weighted& weighted : loaded.deployed->versions) {
    if (weighted.version->number == 0) continue;
    text += (text.empty() ? " " : " and ") + code::version_name(weighted.version->number);
  }
  return text;
}

}  // namespace

Registry::Registry(const RegistryParts& parts, RegistryOptions options)
    : parts_(parts),
      options_(std::move(options)),
      look_(parts.store, parts.maxima),
      watch_(parts.store.shown(), options_.check_interval),
      router_(std::make_shared<const edge::Router>(options_.domain)),
      looking_("peko-store", 1),
      from_cache_("peko-load", kCacheThreads),
      from_store_("peko-fetch", kStoreThreads),
      compiling_("peko-compile", std::max(1U, options_.compilers)) {}

Registry::~Registry() = default;

std::size_t Registry::size() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.listed.has_value(); }));
}

std::shared_ptr<const edge::Router> Registry::router() const {
  const std::scoped_lock lock(mutex_);
  return router_;
}

void Registry::preload(const OnLoaded& report) {
  std::vector<Load> loads;
  {
    const Lock lock(mutex_);
    for (Target target = 0; target < slots_.size(); ++target) {
      Slot& slot = slots_[target];
      if (!slot.listed || slot.loading) continue;
      slot.loading = true;
      loads.push_back({.target = target, .entry = *slot.listed, .serving = nullptr, .begin = {}});
    }
  }
  std::ranges::sort(loads, {}, [](const Load& load) { return load.entry.name; });
  std::vector<LoadReport> reports(loads.size());
  const auto work = [&](std::size_t i) {
    loads[i].begin = parts_.clock.now();
    Outcome outcome = parts_.loader.load(loads[i].entry, nullptr, Reach::Cache);
    while (!outcome && outcome.error().kind != Obstacle::Kind::Failed) {
      outcome = parts_.loader.load(loads[i].entry, nullptr, next_reach(outcome.error()));
    }
    reports[i] = {.name = loads[i].entry.name,
                  .status = outcome ? Status() : fail(outcome.error().error),
                  .from = outcome ? (*outcome)->from : From::Cache,
                  .took = milliseconds(parts_.clock.now() - loads[i].begin)};
    finish(loads[i], std::move(outcome));
  };
  in_parallel(loads.size(), std::max(1U, options_.compilers), work, [&](std::size_t i) { report(reports[i]); });
}

void Registry::attach(Lanes& lanes) {
  const Lock lock(mutex_);
  lanes_ = &lanes;
  lanes_->route(router_);
  for (const Target target : loaded_) lanes_->deploy(target, slots_[target].serving->deployed);
}

bool Registry::stop(std::chrono::milliseconds patience) {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  const auto end = std::chrono::steady_clock::now() + patience;
  bool ended = true;
  for (WorkQueue* queue : {&looking_, &from_cache_, &from_store_, &compiling_}) {
    ended &= queue->stop(std::max(milliseconds(end - std::chrono::steady_clock::now()), std::chrono::milliseconds(0)));
  }
  return ended;
}

WorkQueue& Registry::queue_of(Reach reach) {
  switch (reach) {
    case Reach::Cache: return from_cache_;
    case Reach::Store: return from_store_;
    case Reach::Compiler: break;
  }
  return compiling_;
}

// On a loop: only posts.
void Registry::want(Target function) {
  from_cache_.post([this, function] {
    Lock lock(mutex_);
    Slot& slot = slots_[function];
    if (slot.loading) return;  // its end is told to all lanes
    if (slot.answers()) return lanes_->deploy(function, slot.serving->deployed);
    if (!slot.routable() || (slot.error && parts_.clock.now() < slot.retry_at)) return answer_failed(slot, function);
    begin_load(function, lock);
  });
}

void Registry::answer_failed(const Slot& slot, Target target) {
  if (lanes_ == nullptr) return;
  const bool gone = !slot.routable();
  lanes_->fail(target, gone || !slot.error ? edge::Fault::NoFunction : fault_of(slot.error->code),
               gone || !slot.error ? std::string() : slot.error->message);
}

void Registry::begin_load(Target target, Lock& lock) {
  PEKO_ASSERT(lock.owns_lock(), "slots are read and written under the mutex");
  Slot& slot = slots_[target];
  if (slot.loading || !slot.listed || stopping_) return;
  slot.loading = true;
  Load load{.target = target, .entry = *slot.listed, .serving = slot.serving, .begin = parts_.clock.now()};
  from_cache_.post([this, load = std::move(load)]() mutable { attempt(std::move(load), Reach::Cache); });
}

void Registry::attempt(Load load, Reach reach) {
  Outcome outcome = parts_.loader.load(load.entry, load.serving, reach);
  if (outcome || outcome.error().kind == Obstacle::Kind::Failed) return finish(load, std::move(outcome));
  const Reach next = next_reach(outcome.error());
  PEKO_ASSERT(next > reach, "a load needs more than it had");
  queue_of(next).post([this, load = std::move(load), next]() mutable { attempt(std::move(load), next); });
}

void Registry::finish(const Load& load, Outcome outcome) {
  Lock lock(mutex_);
  Slot& slot = slots_[load.target];
  slot.loading = false;
  if (!slot.listed) {
    answer_failed(slot, load.target);  // it was removed meanwhile
  } else if (outcome) {
    serve(slot, load, std::move(*outcome));
  } else {
    give_up(slot, load.target, std::move(outcome.error().error));
  }
  if (slot.listed && *slot.listed != load.entry) {
    slot.error.reset();
    begin_load(load.target, lock);  // it has changed again
  }
  answer_waiting(lock);
}

void Registry::serve(Slot& slot, const Load& load, Loaded loaded) {
  const bool reroute = slot.serving == nullptr
                           ? loaded->deployed == nullptr || !loaded->routes.empty()
                           : slot.serving->routes != loaded->routes || slot.answers() != (loaded->deployed != nullptr);
  slot.serving = std::move(loaded);
  slot.error.reset();
  slot.failures = 0;
  slot.used_at = parts_.clock.now();
  slot.retry_at = slot.used_at + kLagMost;
  if (slot.answers()) {
    loaded_.insert(load.target);
    unload_beyond(options_.loaded_max, load.target);
    if (lanes_ != nullptr) lanes_->deploy(load.target, slot.serving->deployed);
  } else {
    loaded_.erase(load.target);
  }
  if (reroute) rebuild_router();
  if (!slot.answers()) {
    answer_failed(slot, load.target);  // whoever waits for it
    if (lanes_ != nullptr) lanes_->unload(load.target);
    if (load.serving != nullptr)
      parts_.log.write(LogLevel::Info, fmt::format("function {} was taken out of service", slot.name));
    return;
  }
  if (lanes_ != nullptr || load.serving != nullptr) {  // else it is reported by preload()
    parts_.log.write(LogLevel::Info,
                     fmt::format("function {}{} {} in {} ms", slot.name, versions_of(*slot.serving),
                                 how(slot.serving->from), milliseconds(parts_.clock.now() - load.begin).count()));
  }
  if (slot.serving->from == From::Cache) return;
  from_store_.post([this, serving = slot.serving] { parts_.loader.afterwards(*serving); });
}

void Registry::give_up(Slot& slot, Target target, Error error) {
  const bool told = slot.error && slot.error->message == error.message;
  slot.failures++;
  slot.retry_at = parts_.clock.now() + pause_after(error.code, slot.failures - 1);
  slot.error = std::move(error);
  parts_.stats.count_failed_load();
  if (slot.answers()) {
    if (told) return;
    parts_.log.write(LogLevel::Error,
                     fmt::format("function {}: its newest state cannot be loaded:{} goes on serving. {}", slot.name,
                                 slot.serving->revision == 0 ? std::string(" the old one") : versions_of(*slot.serving),
                                 slot.error->message));
    return;
  }
  answer_failed(slot, target);
  if (!told && lanes_ != nullptr) {
    parts_.log.write(LogLevel::Error, fmt::format("function {} failed: {}", slot.name, slot.error->message));
  }
}

// Which of the loaded functions had requests since it was last called.
void Registry::note_use() {
  if (lanes_ == nullptr) return;
  const Time now = parts_.clock.now();
  for (const Target target : loaded_) {
    Slot& slot = slots_[target];
    const std::uint64_t requests = lanes_->requests(target);
    if (std::exchange(slot.requests, requests) != requests) slot.used_at = now;
  }
}

// Makes room: at most `most` stay loaded, and `but` is one of them. Use is noted here too: a look that the store holds
// up also holds up look_after().
void Registry::unload_beyond(std::size_t most, Target but) {
  if (loaded_.size() > std::max<std::size_t>(1, most)) note_use();
  while (loaded_.size() > std::max<std::size_t>(1, most)) {
    Target oldest = but;
    for (const Target target : loaded_) {
      if (target != but && (oldest == but || slots_[target].used_at < slots_[oldest].used_at)) oldest = target;
    }
    slots_[oldest].serving.reset();
    loaded_.erase(oldest);
    if (lanes_ != nullptr) lanes_->unload(oldest);
  }
}

void Registry::want_preview(Target function, std::uint32_t version) {
  from_cache_.post([this, function, version] {
    Lock lock(mutex_);
    const Slot& slot = slots_[function];
    if (!slot.listed || slot.listed->kind == code::CatalogEntry::Kind::Dropped) {
      return lanes_->fail_preview(function, version, edge::Fault::NoFunction, "");
    }
    if (previews_.contains({function, version})) return;  // its end is told to all lanes
    if (previews_.size() >= kPreviewsMax) {
      return lanes_->fail_preview(function, version, edge::Fault::Store, "too many previews are being loaded");
    }
    previews_.emplace(function, version);
    Load load{.target = function, .entry = *slot.listed, .serving = slot.serving, .begin = parts_.clock.now()};
    lock.unlock();
    attempt_preview(std::move(load), version, Reach::Cache);
  });
}

void Registry::attempt_preview(Load load, code::VersionNumber number, Reach reach) {
  PreviewOutcome outcome = parts_.loader.load_version(load.entry, load.serving, number, reach);
  if (!outcome && outcome.error().kind != Obstacle::Kind::Failed) {
    const Reach next = next_reach(outcome.error());
    PEKO_ASSERT(next > reach, "a load needs more than it had");
    return queue_of(next).post(
        [this, load = std::move(load), number, next]() mutable { attempt_preview(std::move(load), number, next); });
  }
  const Lock lock(mutex_);
  previews_.erase({load.target, number});
  if (outcome) return lanes_->deploy_preview(load.target, number, std::move(*outcome));
  const Error& error = outcome.error().error;
  lanes_->fail_preview(load.target, number, fault_of(error.code), error.code == Code::NotFound ? "" : error.message);
}

FunctionView Registry::view_of(Target target) const {
  const Slot& slot = slots_[target];
  FunctionView view{.target = target,
                    .name = slot.name,
                    .state = FunctionView::State::NotLoaded,
                    .error = {},
                    .revision = 0,
                    .versions = {}};
  if (slot.error) view.error = slot.error->message;
  if (slot.serving != nullptr) view.revision = slot.serving->revision;
  if (slot.answers()) {
    view.state = FunctionView::State::Loaded;
    for (const edge::Deployed::Weighted& weighted : slot.serving->deployed->versions) {
      view.versions.emplace_back(weighted.version->number, weighted.weight);
    }
  } else if (slot.loading) {
    view.state = FunctionView::State::Loading;
  } else if (slot.error) {
    view.state = FunctionView::State::Failed;
  }
  return view;
}

std::vector<FunctionView> Registry::functions() const {
  const std::scoped_lock lock(mutex_);
  std::vector<FunctionView> views;
  for (Target target = 0; target < slots_.size(); ++target) {
    if (slots_[target].routable()) views.push_back(view_of(target));
  }
  return views;
}

std::optional<FunctionView> Registry::function(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto at = targets_.find(std::string(name));
  if (at == targets_.end() || !slots_[at->second].routable()) return std::nullopt;
  return view_of(at->second);
}

std::vector<std::string> Registry::under_way() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const Slot& slot : slots_) {
    if (slot.loading) names.push_back(slot.name);
  }
  return names;
}

}  // namespace peko::node

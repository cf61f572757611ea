// The part of the registry that looks at the store and takes in what it sees.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "node/registry.hpp"

namespace peko::node {

namespace {

// Functions that are new or have changed and are not loaded, of one look, that are loaded at once: whoever deploys one
// is about to ask for it. With more of them (a store that was restored) the first request of each brings it.
constexpr std::size_t kEagerMax = 64;
// How often it sees to what is due: retries, and which functions are in use.
constexpr std::chrono::seconds kHousekeeping{1};
// What the last view is remembered as, in the local cache.
constexpr std::string_view kViewKey = "view";

}  // namespace

Status Registry::start(std::chrono::milliseconds patience) {
  looking_.post([this] { run(); });
  Lock lock(mutex_);
  const auto over = [this] { return looks_ended_ > 0; };
  const bool in_time = looked_.wait_for(lock, patience, over);
  if (in_time && !look_error_) return {};
  lock.unlock();
  if (recall()) {
    parts_.log.write(
        LogLevel::Error,
        fmt::format("starting WITHOUT the code store {}: {}. Functions are served as they were when it was "
                    "last seen, as far as the local cache has them",
                    parts_.store.shown(), in_time ? look_error_->message : "it does not answer in time"));
    return {};
  }
  lock.lock();
  looked_.wait(lock, over);  // its calls have deadlines of their own
  return look_error_ ? fail(*look_error_) : Status();
}

void Registry::run() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (poked_ || parts_.clock.now() >= watch_.next()) {
      poked_ = false;
      looks_begun_++;
      lock.unlock();
      look();
      lock.lock();
    }
    look_after(lock);
    const auto pause = std::min<Time::duration>(kHousekeeping, watch_.next() - parts_.clock.now());
    wake_.wait_for(lock, std::max<Time::duration>(pause, std::chrono::milliseconds(1)),
                   [this] { return stopping_ || poked_; });
  }
}

void Registry::look() {
  const Time begin = parts_.clock.now();
  Result<StoreView> view = look_.look();
  const Time end = parts_.clock.now();
  const Status outcome = view ? Status() : fail(view.error());
  const auto line = watch_.looked(outcome, begin, end);
  if (line) parts_.log.write(line->level, line->text);
  parts_.stats.set_up(watch_.up());
  if (view) {
    parts_.stats.checked(end);
    tell_problems(view->problems);
  }
  const bool believed = view && believe(*view);
  if (believed) remember(*view);
  Lock lock(mutex_);
  if (stopping_) return;
  if (line && watch_.up()) {  // what failed because the store was down has waited long enough
    for (Slot& slot : slots_) {
      if (slot.error && is_outage(slot.error->code)) slot.retry_at = {};
    }
  }
  if (believed) apply(std::move(*view), lock);
  finish_look(outcome, lock);
}

// An empty store after one that was not may be a folder that was unmounted: it is believed the second time.
bool Registry::believe(const StoreView& view) {
  const bool doubtful = view.functions.empty() && size() > 0;
  if (doubtful && !std::exchange(doubted_, true)) {
    parts_.log.write(LogLevel::Warn,
                     fmt::format("the code store {} is suddenly empty: functions are removed if the next "
                                 "look finds it so, too",
                                 parts_.store.shown()));
    return false;
  }
  doubted_ = false;
  return true;
}

void Registry::tell_problems(const std::vector<std::string>& problems) {
  std::set<std::string> told;
  for (const std::string& problem : problems) {
    if (!told_.contains(problem)) parts_.log.write(LogLevel::Error, "left out: " + problem);
    told.insert(problem);
  }
  told_ = std::move(told);
}

void Registry::remember(const StoreView& view) {
  if (parts_.cache == nullptr) return;
  if (remembered_ && remembered_->functions == view.functions && remembered_->routes == view.routes) return;
  // A cache that cannot be written costs a start without the store; whoever keeps code in it says so in the log.
  if (parts_.cache->remember(parts_.store.shown(), kViewKey, "", write_view(view))) remembered_ = view;
}

bool Registry::recall() {
  if (parts_.cache == nullptr) return false;
  const auto remembered = parts_.cache->recall(parts_.store.shown(), kViewKey);
  if (!remembered || !*remembered) return false;
  Result<StoreView> view = read_view((*remembered)->bytes);
  if (!view) return false;
  Lock lock(mutex_);
  if (!view_known_) apply(std::move(*view), lock);  // else the store has answered after all
  return true;
}

// Takes in what the store has.
void Registry::apply(StoreView view, Lock& lock) {
  const bool first = !std::exchange(view_known_, true);
  std::vector<Target> changed;
  std::vector<Target> gone;
  for (const code::CatalogEntry& entry : view.functions) note_entry(entry, changed);
  for (Target target = 0; target < slots_.size(); ++target) {
    if (slots_[target].listed && find(view, slots_[target].name) == nullptr) gone.push_back(target);
  }
  const bool reroute = first || !changed.empty() || !gone.empty() || routes_ != view.routes;
  for (const Target target : gone) slots_[target].listed.reset();
  routes_ = std::move(view.routes);
  if (reroute) rebuild_router();
  for (const Target target : gone) remove(target);
  if (first) return;
  std::size_t eager = 0;
  for (const Target target : changed) {
    if (slots_[target].serving != nullptr || eager++ < kEagerMax) begin_load(target, lock);
  }
}

// Its slot, with what is listed now; `changed` gets it when that is new.
void Registry::note_entry(const code::CatalogEntry& entry, std::vector<Target>& changed) {
  const auto [at, fresh] = targets_.try_emplace(entry.name, slots_.size());
  if (fresh) slots_.emplace_back().name = entry.name;
  Slot& slot = slots_[at->second];
  if (slot.listed && *slot.listed == entry) return;
  slot.listed = entry;
  slot.error.reset();
  slot.failures = 0;
  changed.push_back(at->second);
}

void Registry::remove(Target target) {
  Slot& slot = slots_[target];
  const bool answered = slot.answers();
  slot.serving.reset();
  slot.error.reset();
  loaded_.erase(target);
  if (lanes_ != nullptr) lanes_->unload(target);
  if (answered) parts_.log.write(LogLevel::Info, fmt::format("function {} was removed", slot.name));
}

// Names and routes to functions. A route that several claim goes to the first by name: of those that are loaded only
// one whose version really has it counts.
void Registry::rebuild_router() {
  auto router = std::make_shared<edge::Router>(options_.domain);
  for (Target target = 0; target < slots_.size(); ++target) {
    if (!slots_[target].routable()) continue;
    router->add_name(slots_[target].name, target);
    if (slots_[target].name == options_.default_function) router->set_default(target);
  }
  for (const code::RouteClaim& claim : routes_) {
    const auto at = targets_.find(claim.function);
    if (at == targets_.end()) continue;
    const Slot& slot = slots_[at->second];
    const bool has =
        !slot.answers() || std::ranges::find(slot.serving->routes, claim.route) != slot.serving->routes.end();
    if (slot.routable() && has) router->add_route(claim.route, at->second);
  }
  router_ = std::move(router);
  if (lanes_ != nullptr) lanes_->route(router_);
}

// What is due: loads to be tried again, and which functions are in use, when room may soon be needed.
void Registry::look_after(Lock& lock) {
  const Time now = parts_.clock.now();
  if (loaded_.size() > options_.loaded_max / 2) note_use();
  // What a load has fetched may be newer or, from a cache between, older than what was listed.
  for (Target target = 0; target < slots_.size(); ++target) {
    const Slot& slot = slots_[target];
    if (slot.serving == nullptr || slot.loading || !slot.listed || *slot.listed == slot.serving->source) continue;
    if (now >= slot.retry_at) begin_load(target, lock);
  }
}

void Registry::refresh(std::function<void(Refreshed)> done) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return;
  waiting_.push_back({.done = std::move(done), .look = looks_begun_ + 1, .looked = false, .pending = {}, .result = {}});
  for (Slot& slot : slots_) slot.retry_at = {};
  poked_ = true;
  wake_.notify_all();
}

// Those who wait for this look wait for the loads from here on.
void Registry::finish_look(const Status& outcome, Lock& lock) {
  looks_ended_++;
  look_error_ = outcome ? std::nullopt : std::optional(outcome.error());
  looked_.notify_all();
  for (Waiting& waiting : waiting_) {
    if (waiting.looked || waiting.look > looks_begun_) continue;
    waiting.looked = true;
    waiting.result.error = look_error_;
    if (!outcome) continue;
    for (Target target = 0; target < slots_.size(); ++target) {
      Slot& slot = slots_[target];
      const bool stale = slot.error && (slot.serving != nullptr || slot.listed);
      if (stale) begin_load(target, lock);  // "look now" is also "try now"
      if (slot.loading) waiting.pending.insert(target);
    }
  }
  answer_waiting(lock);
}

// Tells those who wait for nothing any more. On the way out: lanes do what they were told before.
void Registry::answer_waiting(Lock& lock) {
  for (std::size_t i = 0; i < waiting_.size();) {
    Waiting& waiting = waiting_[i];
    std::erase_if(waiting.pending, [&](Target target) {
      const Slot& slot = slots_[target];
      if (slot.loading) return false;
      if (slot.error) waiting.result.failed.push_back(slot.name);
      return true;
    });
    if (!waiting.looked || !waiting.pending.empty()) {
      ++i;
      continue;
    }
    auto tell = [done = std::move(waiting.done), result = std::move(waiting.result)] { done(result); };
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    if (lanes_ != nullptr) {
      lanes_->when_done(std::move(tell));
    } else {
      lock.unlock();
      tell();
      lock.lock();
    }
  }
}

}  // namespace peko::node

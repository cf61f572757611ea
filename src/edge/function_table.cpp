#include "edge/function_table.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace peko::edge {

namespace {

using Place = FunctionTable::Place;
using Function = FunctionTable::Function;

bool serves(const Place& place, const pool::Shelf& shelf) {
  return std::ranges::any_of(place.serving, [&shelf](const Serving& each) { return each.shelf == &shelf; });
}

// A version may serve the function and its own preview.
bool serves(const Function& function, const pool::Shelf& shelf) {
  return serves(function.own, shelf) ||
         std::ranges::any_of(function.previews, [&shelf](const auto& each) { return serves(each.second, shelf); });
}

std::size_t instances(const Place& place) {
  std::size_t all = 0;
  for (const Serving& each : place.serving) {
    const pool::ShelfCounts counts = each.shelf->counts();
    all += counts.warm + counts.running;
  }
  return all;
}

}  // namespace

void FunctionTable::route(const Router& router) {
  router_ = &router;
  if (slots_.size() < router.targets()) slots_.resize(router.targets());
}

Function& FunctionTable::function(Router::Target target) {
  PEKO_ASSERT(target < slots_.size(), "functions are routed before they are used");
  Slot& slot = slots_[target];
  if (!slot.function) {
    slot.metrics = &metrics_.of(target);
    slot.function = std::make_unique<Function>(std::string(router_->name(target)), *slot.metrics);
    known_.push_back(target);
  }
  return *slot.function;
}

FunctionTable::Look FunctionTable::look(const Router::Match& match, LoadWaiter& waiter, net::TimePoint now) {
  Function& known = function(match.function);
  Look look{.function = &known};
  const auto answer = [&look](Fault fault, std::string detail) {
    look.fault = fault;
    look.detail = std::move(detail);
    return std::move(look);
  };
  if (source_ == nullptr && match.version != 0) return answer(Fault::NoFunction, "it has no such version");
  Place* const place = match.version == 0 ? &known.own : preview(known, match.version);
  if (place == nullptr) return answer(Fault::Overloaded, "as many previews of it are awaited already as may");
  place->used = now;
  if (!place->serving.empty()) {
    look.serving = &place->serving;
    return look;
  }
  if (place->failure && (source_ == nullptr || now - place->failure->since < kFailedFor))
    return answer(place->failure->fault, place->failure->detail);
  if (source_ == nullptr) return answer(Fault::NoFunction, "nothing of it is deployed");
  if (waiting_ >= kWaitingMax) return answer(Fault::Overloaded, "as many requests wait already as may");

  waiter.place_ = place->waiting.insert(place->waiting.end(), &waiter);
  waiter.queue_ = &place->waiting;
  waiting_++;
  look.waits = true;
  if (std::exchange(place->asked, true)) return look;
  place->failure.reset();
  if (match.version == 0) {
    source_->want(match.function);
  } else {
    source_->want_preview(match.function, match.version);
  }
  return look;
}

std::vector<Serving> FunctionTable::serving(Router::Target target) const {
  if (target >= slots_.size() || !slots_[target].function) return {};
  return slots_[target].function->own.serving;
}

// The place of a preview, if there is one or room for one.
Place* FunctionTable::preview(Function& function, std::uint32_t number) {
  if (const auto found = function.previews.find(number); found != function.previews.end()) return &found->second;
  if (function.previews.size() >= kPreviewsMax) {
    auto oldest = function.previews.end();
    for (auto each = function.previews.begin(); each != function.previews.end(); ++each) {
      if (!each->second.waiting.empty()) continue;
      if (oldest == function.previews.end() || each->second.used < oldest->second.used) oldest = each;
    }
    if (oldest == function.previews.end()) return nullptr;
    drop(function, oldest);
  }
  return &function.previews[number];
}

FunctionTable::Previews::iterator FunctionTable::drop(Function& function, Previews::iterator preview) {
  serve(function, preview->second, {});
  return function.previews.erase(preview);
}

void FunctionTable::leave(LoadWaiter& waiter) {
  if (waiter.queue_ == nullptr) return;
  std::exchange(waiter.queue_, nullptr)->erase(waiter.place_);
  waiting_--;
}

void FunctionTable::wake(Place& place, std::chrono::nanoseconds load) {
  place.asked = false;
  for (LoadWaiter* waiter : std::exchange(place.waiting, {})) {
    waiter->queue_ = nullptr;
    waiting_--;
    waiter->changed(load);
  }
}

// From here on these answer, or nobody does.
void FunctionTable::serve(Function& function, Place& place, std::vector<Serving> serving) {
  const std::vector<Serving> before = std::exchange(place.serving, std::move(serving));
  place.failure.reset();
  for (const Serving& each : before) {
    if (!serves(function, *each.shelf)) pool_.retire(*each.shelf);
  }
}

std::vector<pool::Shelf*> FunctionTable::deploy(Router::Target target, const Deployed& deployed) {
  PEKO_ASSERT(!deployed.versions.empty(), "what is deployed has a version");
  Function& known = function(target);
  const std::size_t before = instances(known.own);
  std::vector<Serving> serving;
  std::vector<pool::Shelf*> taking_over;
  for (const Deployed::Weighted& each : deployed.versions) {
    pool::Shelf& shelf = pool_.shelf(each.version);
    if (const auto twice = std::ranges::find(serving, &shelf, &Serving::shelf); twice != serving.end()) {
      twice->weight += each.weight;
      continue;
    }
    if (!known.own.serving.empty() && !serves(known, shelf)) {
      pool::WarmPool::replaces(shelf, std::max<std::size_t>(before, 1));
      if (before > 0) taking_over.push_back(&shelf);
    }
    serving.push_back({.shelf = &shelf, .weight = each.weight});
  }
  slots_[target].only = serving.size() == 1 ? serving.front().shelf : nullptr;
  serve(known, known.own, std::move(serving));
  wake(known.own, deployed.load);
  return taking_over;
}

void FunctionTable::fail(Router::Target target, Fault fault, std::string detail, net::TimePoint now) {
  Function& known = function(target);
  slots_[target].only = nullptr;
  serve(known, known.own, {});
  known.own.failure.emplace(fault, std::move(detail), now);
  wake(known.own, {});
}

void FunctionTable::unload(Router::Target target) {
  if (!slots_[target].function) return;
  Function& known = function(target);
  slots_[target].only = nullptr;
  serve(known, known.own, {});
  wake(known.own, {});
  for (auto preview = known.previews.begin(); preview != known.previews.end();) {
    wake(preview->second, {});
    preview = drop(known, preview);
  }
}

// What nobody awaits on this loop is left alone: the next request for it asks again.
Place* FunctionTable::awaited_preview(Router::Target target, std::uint32_t number) {
  Function& known = function(target);
  const auto found = known.previews.find(number);
  return found != known.previews.end() && found->second.asked ? &found->second : nullptr;
}

void FunctionTable::deploy_preview(Router::Target target, std::uint32_t number,
                                   std::shared_ptr<const pool::Version> version) {
  Place* const place = awaited_preview(target, number);
  if (place == nullptr) return;
  serve(function(target), *place, {{.shelf = &pool_.shelf(std::move(version)), .weight = 1}});
  wake(*place, {});
}

void FunctionTable::fail_preview(Router::Target target, std::uint32_t number, Fault fault, std::string detail,
                                 net::TimePoint now) {
  Place* const place = awaited_preview(target, number);
  if (place == nullptr) return;
  serve(function(target), *place, {});
  place->failure.emplace(fault, std::move(detail), now);
  wake(*place, {});
}

void FunctionTable::sweep(net::TimePoint now) {
  for (const Router::Target target : known_) {
    Function& known = *slots_[target].function;
    count(known);
    for (auto preview = known.previews.begin(); preview != known.previews.end();) {
      const bool unused = preview->second.waiting.empty() && now - preview->second.used >= kPreviewIdle;
      preview = unused ? drop(known, preview) : std::next(preview);
    }
  }
}

// The numbers that are looked at, not counted.
void FunctionTable::count(Function& function) {
  pool::ShelfCounts all;
  const auto add = [&all](const Place& place) {
    for (const Serving& each : place.serving) {
      const pool::ShelfCounts counts = each.shelf->counts();
      all.warm += counts.warm;
      all.warm_bytes += counts.warm_bytes;
      all.waiting += counts.waiting;
      all.reuse_given_up = all.reuse_given_up || counts.reuse_given_up;
    }
    all.waiting += place.waiting.size();
  };
  add(function.own);
  for (const auto& [number, place] : function.previews) {
    if (place.serving.empty() || !serves(function.own, *place.serving.front().shelf)) add(place);
  }
  function.metrics.warm.set(all.warm);
  function.metrics.warm_bytes.set(all.warm_bytes);
  function.metrics.waiting.set(all.waiting);
  function.metrics.single_use.set(all.reuse_given_up ? 1 : 0);
}

}  // namespace peko::edge

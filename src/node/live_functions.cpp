#include "node/live_functions.hpp"

#include <algorithm>
#include <semaphore>
#include <utility>

namespace peko::node {

namespace {

// What does not fit into one line is in the log and on the screen.
std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// How long a loop may take to hear of a new version: it may be held up by a guest that computes without yielding.
constexpr std::chrono::seconds kLanesPatience{2};

}  // namespace

LiveFunctions::LiveFunctions(LiveFunctionsParts parts)
    : parts_(std::move(parts)),
      compile_permits_(std::max(1U, parts_.compilers)),
      router_(std::make_shared<const edge::Router>(parts_.domain)) {}

Status LiveFunctions::load(const OnLoaded& on_loaded) {
  (void)on_loaded;  // nothing is there before it is put
  return {};
}

std::shared_ptr<const edge::Router> LiveFunctions::router() const {
  const std::scoped_lock lock(mutex_);
  return router_;
}

void LiveFunctions::attach(Lanes& lanes) {
  const std::scoped_lock lock(mutex_);
  lanes_ = &lanes;
}

bool LiveFunctions::stop() {
  const std::scoped_lock lock(mutex_);
  lanes_ = nullptr;
  return true;
}

LiveFunctions::Target LiveFunctions::target_of(const code::Function& function) {
  const auto [at, is_new] = targets_.emplace(function.name, slots_.size());
  if (is_new) slots_.emplace_back().name = function.name;
  return at->second;
}

// Names and routes lead to it from here on. Another function may still have a route from settings that were changed.
void LiveFunctions::route(Slot& slot, const code::Function& function) {
  if (slot.routed && slot.routes == function.routes) return;
  const auto is_taken = [&](const std::string& route) {
    return std::ranges::find(function.routes, route) != function.routes.end();
  };
  for (Slot& other : slots_) std::erase_if(other.routes, is_taken);
  slot.routed = true;
  slot.routes = function.routes;
  rebuild_router();
}

void LiveFunctions::rebuild_router() {
  auto router = std::make_shared<edge::Router>(parts_.domain);
  const std::string by_default = default_name();
  for (Target target = 0; target < slots_.size(); ++target) {
    const Slot& slot = slots_[target];
    if (!slot.routed) continue;
    router->add_name(slot.name, target);
    for (const std::string& route : slot.routes) router->add_route(route, target);
    if (slot.name == by_default) router->set_default(target);
  }
  router_ = std::move(router);
  if (lanes_ != nullptr) lanes_->route(router_);
}

void LiveFunctions::expect(const code::Function& function) {
  const std::scoped_lock lock(mutex_);
  const Target target = target_of(function);
  Slot& slot = slots_[target];
  slot.awaited = true;
  if (slot.serving != nullptr) return;
  route(slot, function);
  if (lanes_ != nullptr) lanes_->unload(target);  // whoever asks now, waits
}

Result<ComponentLoader::FromFile> LiveFunctions::load_file(const code::Function& function) {
  if (function.component.empty()) return parts_.load(function);  // nothing of its own is compiled
  compile_permits_.acquire();
  Result<ComponentLoader::FromFile> loaded = parts_.load(function);
  compile_permits_.release();
  return loaded;
}

Result<LiveFunctions::Put> LiveFunctions::put(const code::Function& function) {
  const auto begin = parts_.clock.now();
  Result<ComponentLoader::FromFile> file = load_file(function);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - begin);
  {
    const std::scoped_lock lock(mutex_);
    const Target target = target_of(function);
    Slot& slot = slots_[target];
    slot.awaited = false;
    if (slot.serving == nullptr || file) route(slot, function);
    if (!file) {
      give_up(target, {edge::Fault::BadComponent, file.error().message});
      return peko::fail(std::move(file.error()));
    }
    auto deployed = std::make_shared<edge::Deployed>();
    deployed->versions.push_back({.version = std::make_shared<const pool::Version>(
                                      make_version(function, std::move(file->loaded.component), "", file->hash))});
    deployed->load = took;
    slot.serving = std::move(deployed);
    slot.problem.reset();
    if (lanes_ != nullptr) lanes_->deploy(target, slot.serving);
  }
  wait_for_lanes();
  return Put{.from = file->loaded.from, .took = took};
}

void LiveFunctions::wait_for_lanes() {
  const auto told = std::make_shared<std::binary_semaphore>(0);  // a loop may do it after we have given up
  {
    const std::scoped_lock lock(mutex_);
    if (lanes_ == nullptr) return;
    lanes_->when_done([told] { told->release(); });
  }
  (void)told->try_acquire_for(kLanesPatience);
}

void LiveFunctions::fail(const code::Function& function, std::string why) {
  const std::scoped_lock lock(mutex_);
  const Target target = target_of(function);
  Slot& slot = slots_[target];
  slot.awaited = false;
  if (slot.serving == nullptr) route(slot, function);
  give_up(target, {edge::Fault::Build, std::move(why)});
}

void LiveFunctions::give_up(Target target, Problem problem) {
  slots_[target].problem = std::move(problem);
  if (slots_[target].serving == nullptr) tell_problem(target);
}

void LiveFunctions::tell_problem(Target target) {
  if (lanes_ == nullptr) return;
  const std::optional<Problem>& problem = slots_[target].problem;
  lanes_->fail(target, problem ? problem->fault : edge::Fault::NoFunction, problem ? first_line(problem->why) : "");
}

void LiveFunctions::remove(std::string_view name) {
  {
    const std::scoped_lock lock(mutex_);
    const auto at = targets_.find(name);
    if (at == targets_.end() || !slots_[at->second].routed) return;
    Slot& slot = slots_[at->second];
    slot = Slot{.name = slot.name};
    rebuild_router();
    if (lanes_ != nullptr) lanes_->unload(at->second);
  }
  parts_.forget(std::string(name));  // may wait for a process to end
}

// On a loop. The mutex is held for moments only, and no warm request comes here.
void LiveFunctions::want(Target function) {
  const std::scoped_lock lock(mutex_);
  const Slot& slot = slots_[function];
  if (lanes_ == nullptr) return;
  if (slot.serving != nullptr) return lanes_->deploy(function, slot.serving);
  if (!slot.awaited) tell_problem(function);
}

void LiveFunctions::want_preview(Target function, std::uint32_t version) {
  const std::scoped_lock lock(mutex_);
  if (lanes_ != nullptr) lanes_->fail_preview(function, version, edge::Fault::NoFunction, "it has no such version");
}

std::string LiveFunctions::default_name() const {
  if (!parts_.default_function.empty()) return parts_.default_function;
  const auto routed = [](const Slot& slot) { return slot.routed; };
  return std::ranges::count_if(slots_, routed) == 1 ? std::ranges::find_if(slots_, routed)->name : std::string();
}

std::string LiveFunctions::default_function() const {
  const std::scoped_lock lock(mutex_);
  return default_name();
}

FunctionView LiveFunctions::view_of(Target target) const {
  const Slot& slot = slots_[target];
  FunctionView view;
  view.target = target;
  view.name = slot.name;
  if (slot.problem) view.error = slot.problem->why;
  if (slot.serving != nullptr) {
    view.state = FunctionView::State::Loaded;
  } else {
    view.state = slot.awaited ? FunctionView::State::Loading : FunctionView::State::Failed;
  }
  return view;
}

std::vector<FunctionView> LiveFunctions::functions() const {
  const std::scoped_lock lock(mutex_);
  std::vector<FunctionView> views;
  for (Target target = 0; target < slots_.size(); ++target) {
    if (slots_[target].routed) views.push_back(view_of(target));
  }
  return views;
}

std::optional<FunctionView> LiveFunctions::function(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto at = targets_.find(name);
  if (at == targets_.end() || !slots_[at->second].routed) return std::nullopt;
  return view_of(at->second);
}

}  // namespace peko::node

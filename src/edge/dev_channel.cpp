#include "edge/dev_channel.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/random.hpp"

namespace peko::edge {

DevChannel::DevChannel(LiveReload live_reload)
    : process_(fmt::format("{:016x}", Random::from_entropy()())), live_reload_(live_reload) {}

void DevChannel::problem(std::string_view function, BuildProblem problem) {
  const std::lock_guard lock(mutex_);
  problem.number = ++problems_;
  auto states = std::make_shared<DevStates>(*states_);
  (*states)[std::string(function)].problem = std::make_shared<const BuildProblem>(std::move(problem));
  tell(std::move(states));
}

void DevChannel::changed(std::string_view function) {
  const std::lock_guard lock(mutex_);
  auto states = std::make_shared<DevStates>(*states_);
  DevState& state = (*states)[std::string(function)];
  state.changes++;
  state.problem.reset();
  tell(std::move(states));
}

void DevChannel::reload(std::string_view function) {
  const std::lock_guard lock(mutex_);
  auto states = std::make_shared<DevStates>(*states_);
  (*states)[std::string(function)].changes++;
  tell(std::move(states));
}

void DevChannel::tell(std::shared_ptr<DevStates> states) {
  states_ = std::move(states);
  for (Listener* const listener : listeners_) listener->dev_changed(states_);
}

std::shared_ptr<const DevStates> DevChannel::join(Listener& listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(&listener);
  return states_;
}

void DevChannel::leave(Listener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(listeners_, &listener);
}

}  // namespace peko::edge

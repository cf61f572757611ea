#include "cloud/credentials_chain.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "cloud/credentials_document.hpp"

namespace peko::cloud {
namespace {

using namespace std::chrono_literals;

// What AWS's SDKs take; services hand out new ones at least that long before the old ones end.
constexpr auto kMargin = 5min;
constexpr std::chrono::seconds kJitter = 1min;
constexpr auto kRefusedEvery = 10s;
// After a failure: while credentials still hold there is time, else whoever waits repeats soon.
constexpr std::chrono::seconds kPatience = 30s;
constexpr std::chrono::seconds kPause = 1s;
// Longer than all places take together; only against a file system that hangs.
constexpr auto kWaitMax = 30s;

}  // namespace

CredentialsChain::CredentialsChain(std::vector<std::unique_ptr<CredentialsPlace>> places, const Clock& clock,
                                   Random random)
    : places_(std::move(places)), clock_(clock), random_(random) {}

Result<Credentials> CredentialsChain::get() {
  Lock lock(mutex_);
  for (;;) {
    const bool due = !holds() || clock_.wall_now() >= renew_at_;
    if (!due || (holds() && (asking_ || failed_just_now()))) return *current_;
    if (failed_just_now()) return fail(*error_);
    if (!asking_) {
      renew(lock);
    } else if (!answered_.wait_for(lock, kWaitMax, [this] { return !asking_; })) {
      return fail(Code::Deadline, "looking for credentials takes too long");
    }
  }
}

void CredentialsChain::refused() {
  const Lock lock(mutex_);
  if (!current_ || clock_.now() - found_at_ < kRefusedEvery) return;
  current_.reset();
  error_.reset();
}

bool CredentialsChain::holds() const {
  return current_ && (!current_->expires || clock_.wall_now() < *current_->expires);
}

bool CredentialsChain::failed_just_now() const {
  return error_ && clock_.now() - failed_at_ < (holds() ? kPatience : kPause);
}

void CredentialsChain::renew(Lock& lock) {
  asking_ = true;
  lock.unlock();
  auto found = look_everywhere();
  lock.lock();
  asking_ = false;
  if (found) {
    found_at_ = clock_.now();
    renew_at_ = time_to_renew(*found);
    current_ = *std::move(found);
    error_.reset();
  } else {
    error_ = std::move(found.error());
    failed_at_ = clock_.now();
  }
  answered_.notify_all();
}

Result<Credentials> CredentialsChain::look_everywhere() {
  std::string missing;
  for (const auto& place : places_) {
    auto found = place->look();
    if (!found && found.error().code == Code::NotFound) {
      missing += fmt::format("{}{}", missing.empty() ? "" : "; ", found.error().message);
      continue;
    }
    if (!found) return fail(found.error(), "credentials");
    if (const auto checked = check_credentials(*found); !checked) {
      return fail(Code::Denied, "credentials: " + checked.error().message);
    }
    if (found->expires && *found->expires <= clock_.wall_now()) {
      return fail(Code::Unavailable, "credentials: those that were given have expired; is this machine's clock right?");
    }
    return found;
  }
  return fail(Code::Denied, fmt::format("no credentials: {}", missing));
}

std::chrono::system_clock::time_point CredentialsChain::time_to_renew(const Credentials& credentials) {
  if (!credentials.expires) return std::chrono::system_clock::time_point::max();
  const auto left = *credentials.expires - clock_.wall_now();
  const std::chrono::milliseconds jitter(random_() % std::chrono::milliseconds(kJitter).count());
  const std::chrono::system_clock::duration margin = kMargin + jitter;
  return *credentials.expires - std::min(margin, left / 2);
}

std::unique_ptr<CredentialsSource> default_credentials(const Environment& environment, HttpTransport& transport,
                                                       const Clock& clock) {
  std::vector<std::unique_ptr<CredentialsPlace>> places;
  places.push_back(environment_place(environment));
  places.push_back(web_identity_place(environment, transport));
  places.push_back(profile_place(environment));
  places.push_back(container_place(environment, transport));
  places.push_back(instance_place(environment, transport));
  return std::make_unique<CredentialsChain>(std::move(places), clock, Random::from_entropy());
}

}  // namespace peko::cloud

/// CredentialsChain: looks for credentials in several places and keeps what it found.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "cloud/credentials.hpp"
#include "cloud/credentials_place.hpp"

namespace peko::cloud {

/// Asks its places in order until one has credentials, and again a good while before those expire: 5 to 6 minutes, or
/// half of their life when that is short; not at the same moment on every node. One thread asks; the others go on with
/// what is there, or wait for its answer. When asking fails, what is there serves until it expires.
///
/// Shared by threads. Its mutex is held while nothing is asked.
class CredentialsChain final : public CredentialsSource {
 public:
  /// The clock outlives it.
  CredentialsChain(std::vector<std::unique_ptr<CredentialsPlace>> places, const Clock& clock, Random random);

  Result<Credentials> get() override;
  /// Heeded at most every 10 s: credentials that are as fresh are refused for another reason than age.
  void refused() override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  /// The credentials that there are, when they have not expired. With the lock held.
  [[nodiscard]] bool holds() const;
  [[nodiscard]] bool failed_just_now() const;
  /// Asks without the lock and keeps the answer with it.
  void renew(Lock& lock);
  Result<Credentials> look_everywhere();
  [[nodiscard]] std::chrono::system_clock::time_point time_to_renew(const Credentials& credentials);

  const std::vector<std::unique_ptr<CredentialsPlace>> places_;  ///< used by the one thread that asks
  const Clock& clock_;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable answered_;
  bool asking_ = false;
  std::optional<Credentials> current_;
  std::chrono::steady_clock::time_point found_at_;
  std::chrono::system_clock::time_point renew_at_;
  std::optional<Error> error_;  ///< of the last time, when it failed
  std::chrono::steady_clock::time_point failed_at_;
  Random random_;
};

/// All places that there are: environment, EKS's web identity, the files that AWS's tools share, the container's agent,
/// the instance's metadata service. Transport and clock outlive it.
std::unique_ptr<CredentialsSource> default_credentials(const Environment& environment, HttpTransport& transport,
                                                       const Clock& clock);

}  // namespace peko::cloud

/// CachingResolver: the machine's resolver, asked by threads of its own, its answers kept for a while.
///
/// getaddrinfo is the only way to ask that honours what the operator configured (/etc/hosts, nsswitch, search lists),
/// and it blocks for seconds. So it runs on a few threads that do nothing else.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/resolver.hpp"

namespace peko::net {

/// The addresses of a name by getaddrinfo, at most CachingResolver::kAddressesMax. Blocks.
std::vector<Address> system_addresses(const std::string& name);

/// One for a process, whose loops share the answers: the mutex is taken when a connection is opened, not for a request
/// on one that is kept. Outlives its questions; a loop may go before it once its questions are gone.
class CachingResolver final : public Resolver {
 public:
  /// Blocks and may be called by several threads at once.
  using Query = std::function<std::vector<Address>(const std::string& name)>;

  /// getaddrinfo does not tell how long an answer is good for. Half a minute is what a failover may take to be seen
  /// (Go's and nginx's usual setting); a name that failed is asked again soon, because somebody is repairing it.
  static constexpr std::chrono::seconds kKeepFound{30};
  static constexpr std::chrono::seconds kKeepFailed{5};
  /// A hostile name server may hold a thread for as long as libc asks it again (15 s by default). So no owner has more
  /// than a quarter of them.
  static constexpr std::size_t kThreadsMax = 16;
  static constexpr std::size_t kThreadsPerOwner = 4;
  /// Names that wait for a thread; one more fails at once.
  static constexpr std::size_t kQueuedMax = 1024;
  static constexpr std::size_t kQueuedPerOwner = 64;
  static constexpr std::size_t kNamesMax = 4096;
  static constexpr std::size_t kAddressesMax = 16;

  /// `clock` outlives the resolver.
  explicit CachingResolver(const Clock& clock, Query query = system_addresses);
  /// Does not wait for a query that hangs: its thread ends by itself and touches nothing that is gone.
  ~CachingResolver();
  CachingResolver(const CachingResolver&) = delete;
  CachingResolver& operator=(const CachingResolver&) = delete;

  std::unique_ptr<Question> ask(std::string_view name, std::string_view owner, Loop& loop, Answered answered) override;

  [[nodiscard]] std::size_t cached() const;
  [[nodiscard]] std::size_t threads() const;

 private:
  class Shared;
  class Asked;

  // Shared with the threads, which may outlive the resolver while a query hangs.
  std::shared_ptr<Shared> shared_;
};

}  // namespace peko::net

#include "net/caching_resolver.hpp"

#include <netdb.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace peko::net {
namespace {

/// Whoever asked. Touched on the loop's thread only, except that any thread may hold it.
struct Waiter {
  Loop* loop = nullptr;
  Resolver::Answered answered;  // empty once it was called or taken back
};
// Shared because the answer may be on its way to the loop when the question is taken back.
using WaiterRef = std::shared_ptr<Waiter>;
// Shared by all who asked for one name.
using AddressesRef = std::shared_ptr<const std::vector<Address>>;

void deliver(const WaiterRef& waiter, AddressesRef addresses) {
  waiter->loop->post([waiter, addresses = std::move(addresses)] {
    if (auto answered = std::exchange(waiter->answered, nullptr)) answered(*addresses);
  });
}

}  // namespace

std::vector<Address> system_addresses(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::vector<Address> addresses;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return addresses;
  for (const addrinfo* at = list; at && addresses.size() < CachingResolver::kAddressesMax; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, at->ai_addr, at->ai_addrlen);
    addresses.push_back(Address::of(storage));
  }
  ::freeaddrinfo(list);
  return addresses;
}

/// What the resolver and its threads work on.
class CachingResolver::Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(const Clock& clock, Query query) : clock_(clock), query_(std::move(query)) {}

  void ask(std::string name, std::string_view owner, const WaiterRef& waiter);
  void forget(const std::string& name, const WaiterRef& waiter);
  void stop();
  std::size_t cached() const {
    const std::lock_guard lock(mutex_);
    return cache_.size();
  }
  std::size_t threads() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  struct Job {
    std::string owner;
    std::vector<WaiterRef> waiters;
  };
  struct Load {
    std::size_t queued = 0;
    std::size_t running = 0;
  };
  struct Kept {
    AddressesRef addresses;
    std::chrono::steady_clock::time_point until;
  };
  struct Worker {
    std::thread thread;
    bool querying = false;
  };

  bool start_thread();
  void work(std::size_t place);
  bool take(std::string& name);
  void finish(const std::string& name, const AddressesRef& addresses);
  void keep(const std::string& name, AddressesRef addresses);

  const Clock& clock_;  // not used once stopped
  const Query query_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  // All guarded by mutex_:
  std::map<std::string, Kept> cache_;
  std::map<std::string, Job> jobs_;                 // by name: one query whoever asks
  std::deque<std::string> queue_;                   // names of jobs that wait for a thread
  std::map<std::string, Load, std::less<>> loads_;  // by owner
  std::vector<Worker> threads_;
  std::size_t idle_ = 0;
  bool stopped_ = false;
};

void CachingResolver::Shared::ask(std::string name, std::string_view owner, const WaiterRef& waiter) {
  const std::lock_guard lock(mutex_);
  if (const auto kept = cache_.find(name); kept != cache_.end()) {
    if (clock_.now() < kept->second.until) return deliver(waiter, kept->second.addresses);
    cache_.erase(kept);
  }
  if (const auto job = jobs_.find(name); job != jobs_.end()) {
    job->second.waiters.push_back(waiter);
    return;
  }
  const auto load = loads_.find(owner);
  if (queue_.size() >= kQueuedMax || (load != loads_.end() && load->second.queued >= kQueuedPerOwner)) {
    return deliver(waiter, std::make_shared<const std::vector<Address>>());
  }
  if (idle_ <= queue_.size() && threads_.size() < kThreadsMax && !start_thread() && threads_.empty()) {
    return deliver(waiter, std::make_shared<const std::vector<Address>>());  // nobody would ask
  }
  ++loads_[std::string(owner)].queued;
  jobs_[name] = {std::string(owner), {waiter}};
  queue_.push_back(std::move(name));
  work_.notify_one();
}

void CachingResolver::Shared::forget(const std::string& name, const WaiterRef& waiter) {
  const std::lock_guard lock(mutex_);
  if (const auto job = jobs_.find(name); job != jobs_.end()) std::erase(job->second.waiters, waiter);
}

/// False: the system has no thread to give. The others do its work then.
bool CachingResolver::Shared::start_thread() {
  const std::size_t place = threads_.size();
  threads_.emplace_back();
  try {
    threads_.back().thread = std::thread([shared = shared_from_this(), place] { shared->work(place); });
  } catch (const std::system_error&) {
    threads_.pop_back();
    return false;
  }
  return true;
}

void CachingResolver::Shared::work(std::size_t place) {
  pthread_setname_np(pthread_self(), "peko-resolver");
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    std::string name;
    if (!take(name)) {
      ++idle_;
      work_.wait(lock);
      --idle_;
      continue;
    }
    threads_[place].querying = true;
    lock.unlock();
    const auto addresses = std::make_shared<const std::vector<Address>>(query_(name));
    lock.lock();
    if (stopped_) return;
    threads_[place].querying = false;
    finish(name, addresses);
  }
}

/// The next name whose owner may have one more thread.
bool CachingResolver::Shared::take(std::string& name) {
  for (auto at = queue_.begin(); at != queue_.end(); ++at) {
    Load& load = loads_.find(jobs_.find(*at)->second.owner)->second;
    if (load.running == kThreadsPerOwner) continue;
    --load.queued;
    ++load.running;
    name = std::move(*at);
    queue_.erase(at);
    return true;
  }
  return false;
}

void CachingResolver::Shared::finish(const std::string& name, const AddressesRef& addresses) {
  keep(name, addresses);
  const auto job = jobs_.find(name);
  const auto load = loads_.find(job->second.owner);
  --load->second.running;
  if (load->second.running + load->second.queued == 0) loads_.erase(load);
  for (const WaiterRef& waiter : job->second.waiters) deliver(waiter, addresses);
  jobs_.erase(job);
  // One more of this owner's names may be taken now, by this thread or by one that found none.
  if (!queue_.empty()) work_.notify_one();
}

void CachingResolver::Shared::keep(const std::string& name, AddressesRef addresses) {
  const auto now = clock_.now();
  if (cache_.size() >= kNamesMax) {
    std::erase_if(cache_, [&](const auto& entry) { return entry.second.until <= now; });
    if (cache_.size() >= kNamesMax) {
      cache_.erase(std::ranges::min_element(cache_, {}, [](const auto& entry) { return entry.second.until; }));
    }
  }
  const auto until = now + (addresses->empty() ? kKeepFailed : kKeepFound);
  cache_[name] = {std::move(addresses), until};
}

void CachingResolver::Shared::stop() {
  std::vector<Worker> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
  }
  work_.notify_all();
  for (Worker& worker : threads) {
    if (worker.querying) {
      // tidy: nothing ends a query that hangs, and the thread owns all that it touches
      worker.thread.detach();
    } else {
      worker.thread.join();
    }
  }
}

/// The question as its asker holds it.
class CachingResolver::Asked final : public Question {
 public:
  Asked(Shared& shared, std::string name, WaiterRef waiter)
      : shared_(shared), name_(std::move(name)), waiter_(std::move(waiter)) {}
  ~Asked() override {
    if (!waiter_->answered) return;
    waiter_->answered = nullptr;
    shared_.forget(name_, waiter_);
  }

 private:
  Shared& shared_;
  const std::string name_;
  const WaiterRef waiter_;
};

CachingResolver::CachingResolver(const Clock& clock, Query query)
    : shared_(std::make_shared<Shared>(clock, std::move(query))) {}

CachingResolver::~CachingResolver() { shared_->stop(); }

std::unique_ptr<Resolver::Question> CachingResolver::ask(std::string_view name, std::string_view owner, Loop& loop,
                                                         Answered answered) {
  auto waiter = std::make_shared<Waiter>(&loop, std::move(answered));
  auto asked = std::make_unique<Asked>(*shared_, std::string(name), waiter);
  shared_->ask(std::string(name), owner, waiter);
  return asked;
}

std::size_t CachingResolver::cached() const { return shared_->cached(); }
std::size_t CachingResolver::threads() const { return shared_->threads(); }

}  // namespace peko::net

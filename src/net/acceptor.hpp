/// Acceptor: takes connections from a listener as they come.
#pragma once

#include <cstdint>

#include "net/listener.hpp"
#include "net/loop.hpp"

namespace peko::net {

/// Lives on one loop. When the process runs out of descriptors or memory it rests for kRest and tries again, while
/// clients wait in the listener's backlog: a loop that tried at once would do nothing else.
class Acceptor final : private IoHandler, private Deadline {
 public:
  /// Takes what was accepted: a connected, non-blocking socket. It may stop the acceptor.
  class Sink {
   public:
    virtual void accepted(UniqueFd socket, const Address& peer) = 0;

   protected:
    ~Sink() = default;
  };

  static constexpr std::chrono::milliseconds kRest{100};
  /// Of one event, so that a flood of connections leaves room for those that are there. The rest follows in the next
  /// turn.
  static constexpr int kBatch = 64;
  /// Of the last look into the backlog at close(): more than a backlog holds (net.core.somaxconn, 4,096).
  static constexpr int kLastBatches = 128;

  /// `loop` and `sink` outlive it.
  Acceptor(Loop& loop, Listener listener, Sink& sink);
  ~Acceptor() override;

  /// Begins or goes on accepting. Unavailable when the kernel refuses to watch the listener.
  Status start();
  /// The same; when it fails, tries again later.
  void resume();
  /// Leaves clients in the backlog until start().
  void stop();
  /// Stops for good: new clients are refused.
  void close();

  [[nodiscard]] Address address() const { return listener_.address(); }
  /// How often it had to rest.
  [[nodiscard]] std::uint64_t rests() const { return rests_; }

 private:
  void on_io(std::uint32_t events) override;
  /// Whether the batch was full, so that more may wait.
  bool accept_batch();
  void expired() override { resume(); }
  void rest();

  Loop& loop_;
  Listener listener_;
  Sink& sink_;
  bool watched_ = false;
  bool closed_ = false;
  std::uint64_t rests_ = 0;
};

}  // namespace peko::net

/// Generator: puts the load of a plan on a server and keeps every latency.
///
/// Closed loop, what it measures is throughput: a connection asks again once it was answered, so a slow server is
/// asked less; what is under way at the end is waited for, so that all that the server did is counted.
///
/// Open loop, it measures latency: requests are due at times that the answers do not move, each latency counts from
/// then, also while all connections are taken, and what is not answered at the end counts as long as it has waited. So
/// nothing is left out because the server was slow (no coordinated omission). Between due times it spins rather than
/// sleeps: it has a core of its own, and a sleep ends some 50 us late. All connections are made before the first
/// request is due, unless each serves but some of them; how late requests were sent though a connection was free is
/// measured too.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "load/connection.hpp"
#include "load/plan.hpp"
#include "load/traffic.hpp"

namespace peko::bench {

struct Outcome {
  std::uint64_t answered = 0;                   ///< as they should be
  std::map<std::string, std::uint64_t> failed;  ///< by reason
  std::uint64_t unanswered = 0;                 ///< due, and without an answer at the end
  std::uint64_t body_bytes = 0;
  std::uint64_t dialled = 0;
  double seconds = 0;
  std::vector<float>
      latencies_us;            ///< of all that were answered as they should be, or waited in vain, after the lead-in
  std::vector<float> lags_us;  ///< open loop: how late each was sent, after it was due and a connection was free
};

/// Runs once. The plan and the requests outlive it.
class Generator final : private Owner {
 public:
  Generator(const Plan& plan, Requests& requests) : plan_(plan), requests_(requests) {}

  /// Unavailable: no epoll. That requests fail is part of the outcome; with more than kFailuresMax it ends early.
  Result<Outcome> run();

 private:
  static constexpr std::uint64_t kFailuresMax = 1000;
  // For answers when the time is over. A closed loop waits for them to count them; an open one has its verdict.
  static constexpr std::chrono::seconds kClosedGrace{30}, kOpenGrace{2};

  // Connections are made at this pace: all at once, they overrun the queue in which a server's listener keeps them, and
  // those left out try again after seconds.
  static constexpr unsigned kOpenedPerMillisecond = 16;
  static constexpr std::chrono::seconds kDialGrace{10};  // for all connections of an open loop

  struct Idle {
    Connection* connection;
    TimePoint since;
  };

  void answered(Connection& connection, const Answer& answer) override;
  void broke(Connection& connection, std::size_t under_way) override;

  bool open_loop() const { return plan_.rate > 0; }
  void dial_all();
  void turn(int patience_ms);
  bool may_ask(TimePoint now) const;
  void open_some(TimePoint begin, TimePoint now);
  void refill(Connection& connection, TimePoint now);
  void ask(Connection& connection, TimePoint due);
  void release(Arrivals& arrivals, TimePoint now);
  void flush_changed();
  bool is_over(TimePoint now) const;
  int patience_ms(const Arrivals& arrivals, TimePoint now) const;
  void record(TimePoint since, TimePoint now);
  void count_unanswered(TimePoint now);

  const Plan& plan_;
  Requests& requests_;
  UniqueFd epoll_;
  std::deque<Connection> connections_;
  std::size_t opened_ = 0;            // of a closed loop
  std::deque<Idle> idle_;             // of an open loop, the longest idle first
  std::deque<TimePoint> overdue_;     // due, and no connection was free
  std::vector<Connection*> changed_;  // have something to send
  TimePoint keep_from_;               // due times of which latencies are kept
  TimePoint end_;                     // of the asking
  std::uint64_t asked_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t failures_ = 0;
  Outcome outcome_;
};

}  // namespace peko::bench

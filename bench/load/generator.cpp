#include "load/generator.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace peko::bench {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // how often a closed loop without answers looks at the time

float microseconds(Clock::duration time) { return std::chrono::duration<float, std::micro>(time).count(); }

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

}  // namespace

Result<Outcome> Generator::run() {
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return fail(Code::Unavailable, "there is no descriptor for epoll: raise `ulimit -n`");
  outcome_.latencies_us.reserve(std::size_t{1} << 20);
  Owner& owner = *this;
  for (unsigned i = 0; i < plan_.connections; ++i) {
    const std::uint32_t source = plan_.sources > 1 ? INADDR_LOOPBACK + i % plan_.sources : 0;
    connections_.emplace_back(Route{epoll_.get(), plan_.port, source}, owner);
  }
  if (open_loop() && plan_.per_connection == 0) dial_all();
  const TimePoint begin = Clock::now();
  keep_from_ = open_loop() ? begin + seconds(plan_.lead_in_seconds) : begin;
  end_ = plan_.seconds > 0 ? begin + seconds(plan_.seconds) : TimePoint::max();
  Arrivals arrivals(open_loop() ? plan_.rate : 1, begin);
  if (open_loop()) {
    idle_.clear();
    for (Connection& connection : connections_) idle_.push_back({&connection, begin});
  }

  TimePoint now = begin;
  while (!is_over(now)) {
    open_loop() ? release(arrivals, now) : open_some(begin, now);
    flush_changed();
    turn(patience_ms(arrivals, now));
    flush_changed();
    now = Clock::now();
  }
  outcome_.seconds = std::chrono::duration<double>(now - begin).count();
  count_unanswered(now);
  for (const Connection& connection : connections_) outcome_.dialled += connection.dialled();
  return std::move(outcome_);
}

/// One that cannot be made has failed, and is tried again by its first request.
void Generator::dial_all() {
  const TimePoint begin = Clock::now();
  const auto is_over = [&] {
    return opened_ == connections_.size() && std::ranges::none_of(connections_, &Connection::connecting);
  };
  while (!is_over() && Clock::now() < begin + kDialGrace) {
    for (unsigned i = 0; i < kOpenedPerMillisecond && opened_ < connections_.size(); ++i)
      connections_[opened_++].open();
    turn(1);
  }
}

/// What the sockets have to say.
void Generator::turn(int patience_ms) {
  std::array<epoll_event, 256> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), patience_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Connection*>(event.data.ptr)->on_io(event.events);
  }
}

bool Generator::may_ask(TimePoint now) const {
  return now < end_ && (plan_.count == 0 || asked_ < plan_.count) && failures_ <= kFailuresMax;
}

bool Generator::is_over(TimePoint now) const {
  if (failures_ > kFailuresMax) return true;
  const bool asks = may_ask(now);
  const std::chrono::seconds grace = open_loop() ? kOpenGrace : kClosedGrace;
  const bool waits = under_way_ > 0 || !overdue_.empty();
  return !asks && (!waits || (end_ != TimePoint::max() && now >= end_ + grace));
}

int Generator::patience_ms(const Arrivals& arrivals, TimePoint now) const {
  if (!open_loop() && opened_ < connections_.size()) return 1;
  if (!open_loop() || !may_ask(now)) return kLook.count();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(arrivals.next() - now);
  return static_cast<int>(std::clamp<std::int64_t>(left.count() - 1, 0, kLook.count()));
}

void Generator::ask(Connection& connection, TimePoint due) {
  const bool last = plan_.per_connection > 0 && connection.used() + 1 >= plan_.per_connection;
  connection.add(requests_.head(last ? Requests::Last::Yes : Requests::Last::No), plan_.body, due);
  changed_.push_back(&connection);
  ++under_way_;
}

/// Closed loop: those connections whose time has come.
void Generator::open_some(TimePoint begin, TimePoint now) {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count();
  const auto due = static_cast<std::size_t>(elapsed + 1) * kOpenedPerMillisecond;
  while (opened_ < std::min(due, connections_.size())) refill(connections_[opened_++], now);
}

/// Closed loop: as many requests as may be under way on it.
void Generator::refill(Connection& connection, TimePoint now) {
  while (connection.under_way() < plan_.pipeline && may_ask(now)) {
    if (plan_.per_connection > 0 && connection.used() >= plan_.per_connection) return;
    ++asked_;
    ask(connection, now);
  }
}

/// Open loop: what is due by now, the oldest first.
void Generator::release(Arrivals& arrivals, TimePoint now) {
  for (; arrivals.next() <= now && may_ask(arrivals.next()); arrivals.advance()) {
    ++asked_;
    overdue_.push_back(arrivals.next());
  }
  while (!overdue_.empty() && !idle_.empty()) {
    const Idle idle = idle_.front();
    const TimePoint due = overdue_.front();
    idle_.pop_front();
    overdue_.pop_front();
    if (due >= keep_from_) outcome_.lags_us.push_back(microseconds(Clock::now() - std::max(due, idle.since)));
    ask(*idle.connection, due);
    flush_changed();  // the next one's lag has this one's sending in it
  }
}

/// A connection that cannot be made comes back by broke(), which may add it again.
void Generator::flush_changed() {
  while (!changed_.empty()) {
    std::vector<Connection*> changed;
    changed.swap(changed_);
    for (Connection* connection : changed) {
      if (connection->under_way() > 0) connection->flush();
    }
  }
}

void Generator::answered(Connection& connection, const Answer& answer) {
  const TimePoint now = Clock::now();
  --under_way_;
  const bool success = answer.status >= 200 && answer.status < 300;
  if (success && (plan_.expected_bytes < 0 || std::cmp_equal(answer.body_bytes, plan_.expected_bytes))) {
    ++outcome_.answered;
    outcome_.body_bytes += answer.body_bytes;
    record(answer.since, now);
  } else {
    ++failures_;
    ++outcome_.failed[success ? "a body of " + std::to_string(answer.body_bytes) + " bytes"
                              : "status " + std::to_string(answer.status)];
  }
  const bool worn = plan_.per_connection > 0 && connection.used() >= plan_.per_connection;
  if (worn && connection.under_way() == 0) connection.close();
  open_loop() ? idle_.push_back({&connection, now}) : refill(connection, now);
}

void Generator::broke(Connection& connection, std::size_t under_way) {
  under_way_ -= under_way;
  failures_ += std::max<std::size_t>(under_way, 1);
  outcome_.failed["connection lost"] += std::max<std::size_t>(under_way, 1);
  const TimePoint now = Clock::now();
  open_loop() ? idle_.push_back({&connection, now}) : refill(connection, now);
}

void Generator::record(TimePoint since, TimePoint now) {
  if (since >= keep_from_) outcome_.latencies_us.push_back(microseconds(now - since));
}

void Generator::count_unanswered(TimePoint now) {
  for (const Connection& connection : connections_) {
    for (const TimePoint since : connection.since()) record(since, now);
    outcome_.unanswered += connection.under_way();
  }
  for (const TimePoint since : overdue_) record(since, now);
  outcome_.unanswered += overdue_.size();
}

}  // namespace peko::bench

#include "node/alerts.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <deque>

#include "base/fake_clock.hpp"
#include "base/unique_fd.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;

// Remembers what it was sent; answers as it is told, then takes everything.
class FakeReceiver final : public Receiver {
 public:
  ~FakeReceiver() override = default;
  Status post(std::string_view json) override {
    posted.emplace_back(json);
    if (answers.empty()) return {};
    Status answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  std::vector<std::string> posted;
  std::deque<Status> answers;
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return ends;
}

struct Rig {
  ~Rig() { log->stop(); }
  // What was logged; the end of the log.
  std::string logged() {
    log->stop();
    writer = UniqueFd();
    std::string text(4096, '\0');
    const ssize_t n = ::read(reader.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  FakeClock clock;
  const std::array<int, 2> ends = make_pipe();
  UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  std::unique_ptr<LogSink> log = LogSink::start(writer.get(), {}, clock);
  FakeReceiver receiver;
  std::uint64_t total = 0;
  std::vector<std::chrono::seconds> waits;
  bool stopping = false;
  Alerts alerts{{{.event = "unavailable", .what = "requests were turned away", .total = [this] { return total; }}},
                "host:80",
                receiver,
                clock,
                *log,
                [this](std::chrono::seconds time) {
                  waits.push_back(time);
                  return !stopping;
                }};
};

TEST(Alerts, SayWhatHappenedWhereAndSinceWhen) {
  Rig rig;
  rig.total = 7;
  rig.alerts.look();
  ASSERT_EQ(rig.receiver.posted.size(), 1U);
  const boost::json::value message = boost::json::parse(rig.receiver.posted[0]);
  EXPECT_EQ(message.at("event"), "unavailable");
  EXPECT_EQ(message.at("state"), "firing");
  EXPECT_EQ(message.at("node"), "host:80");
  EXPECT_EQ(message.at("since"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(message.at("count"), 7);
  EXPECT_EQ(message.at("text"), "Peko node host:80: 7 requests were turned away since 2026-01-01T00:00:00.000Z");
  rig.clock.advance(61s);
  rig.alerts.look();
  ASSERT_EQ(rig.receiver.posted.size(), 2U);
  EXPECT_EQ(boost::json::parse(rig.receiver.posted[1]).at("state"), "resolved");
}

TEST(Alerts, AreTriedAgainWithGrowingPauses) {
  Rig rig;
  rig.receiver.answers.push_back(fail(Code::Unavailable, "it answered with status 503"));
  rig.receiver.answers.push_back(fail(Code::Unavailable, "timeout"));
  rig.total = 1;
  rig.alerts.look();
  EXPECT_EQ(rig.receiver.posted.size(), 3U);
  EXPECT_EQ(rig.waits, (std::vector{1s, 2s}));
  EXPECT_EQ(rig.logged(), "");
}

TEST(Alerts, ThatNobodyTakesAreLoggedAndGivenUp) {
  Rig rig;
  for (int i = 0; i < 10; ++i) rig.receiver.answers.push_back(fail(Code::Unavailable, "Timeout was reached"));
  rig.total = 1;
  rig.alerts.look();
  EXPECT_EQ(rig.receiver.posted.size(), std::size_t{Alerts::kAttempts});
  EXPECT_NE(rig.logged().find("\"unavailable\" could not be sent to alert_webhook: Timeout was reached (tries: 5)"),
            std::string::npos);
}

TEST(Alerts, ThatAreRefusedAreNotTriedAgain) {
  Rig rig;
  rig.receiver.answers.push_back(fail(Code::Denied, "it answered with status 404"));
  rig.total = 1;
  rig.alerts.look();
  EXPECT_EQ(rig.receiver.posted.size(), 1U);
  EXPECT_NE(rig.logged().find("status 404 (tries: 1)"), std::string::npos);
}

TEST(Alerts, StopTryingWhenTheNodeStops) {
  Rig rig;
  rig.stopping = true;
  rig.receiver.answers.push_back(fail(Code::Unavailable, "timeout"));
  rig.total = 1;
  rig.alerts.look();
  EXPECT_EQ(rig.receiver.posted.size(), 1U);
}

}  // namespace
}  // namespace peko::node

#include "inspect/log_stream.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace peko::inspect {
namespace {

using std::chrono::seconds;
using Time = std::chrono::system_clock::time_point;

TEST(LogQuery, IsReadFromAQuery) {
  const Time now{seconds(1'000'000'000)};
  const LogQuery plain = log_query("", now).value();
  EXPECT_EQ(plain.follow, Follow::No);
  EXPECT_EQ(plain.filter.limit, 1000U);
  EXPECT_LT(plain.filter.since, now - seconds(30'000'000));
  const LogQuery all = log_query("function=api&errors=1&since=300&limit=0&follow=1", now).value();
  EXPECT_EQ(all.follow, Follow::Yes);
  EXPECT_EQ(all.filter.function, "api");
  EXPECT_TRUE(all.filter.failures_only);
  EXPECT_EQ(all.filter.since, now - seconds(300));
  EXPECT_EQ(all.filter.limit, 0U);
  for (const std::string_view bad : {"since=5m", "limit=5001", "follow=yes", "name=api"}) {
    EXPECT_FALSE(log_query(bad, now).has_value()) << bad;
  }
}

edge::RequestCopy request(std::string_view id, Time ended) {
  edge::RequestCopy copy{.kept = {}, .function = "api", .detail = {}};
  copy.kept.set({.request_id = id, .method = "GET", .target = "/", .status = 200}, nullptr, ended);
  return copy;
}

edge::LineCopy line(std::string text, Time time) {
  return {.function = "api", .request_id = {}, .time = time, .line = {engine::Stream::Stdout, std::move(text)}};
}

std::vector<std::string> types(std::string_view lines) {
  std::vector<std::string> all;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    all.emplace_back(std::string_view(boost::json::parse(lines.substr(0, end)).at("type").as_string()));
    lines.remove_prefix(end + 1);
  }
  return all;
}

TEST(Events, ComeInOrderOfTimeWhateverLoopTheyAreOf) {
  edge::HistoryEvents one;
  edge::HistoryEvents other;
  one.requests.push_back(request("019e5b1c-7a2f-7c31-9d3a-000000000001", Time(seconds(5))));
  one.lines.push_back(line("first", Time(seconds(5))));
  one.lines.push_back(line("last", Time(seconds(9))));
  other.requests.push_back(request("019e5b1c-7a2f-7c31-9d3a-000000000002", Time(seconds(7))));
  const KeptTrap trap{.report = {.function = "api", .request_id = "x", .code = "PEKO-TRAP", .cause = "", .frames = {}},
                      .time = Time(seconds(5))};
  Events events;
  events.add(one);
  events.add(other);
  events.add(std::vector{trap});
  EXPECT_EQ(types(events.take_lines(100)), (std::vector<std::string>{"guest", "request", "trap", "request", "guest"}));
  EXPECT_EQ(events.take_lines(100), "");
}

TEST(Events, AreCutToTheNewest) {
  edge::HistoryEvents some;
  for (int i = 0; i < 10; i++) some.lines.push_back(line(std::to_string(i), Time(seconds(i))));
  Events events;
  events.add(some);
  const std::string lines = events.take_lines(2);
  EXPECT_EQ(lines.find("\"7\""), std::string::npos);
  EXPECT_NE(lines.find("\"8\""), std::string::npos);
  EXPECT_NE(lines.find("\"9\""), std::string::npos);
}

}  // namespace
}  // namespace peko::inspect

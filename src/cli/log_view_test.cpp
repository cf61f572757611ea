#include "cli/log_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/trap_report.hpp"

namespace peko::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr edge::LogStyle kJson{.form = edge::LogStyle::Form::Json};
constexpr edge::LogStyle kText{.form = edge::LogStyle::Form::Text};
const std::chrono::system_clock::time_point kTime{seconds(1'769'860'800)};  // 2026-01-31T12:00:00Z

std::string shown(const std::string& json) {
  const Result<std::string> text = LogView(kText).line(json);
  EXPECT_TRUE(text.has_value()) << json;
  return text.value_or("");
}

TEST(SecondsOf, ReadsTimes) {
  EXPECT_EQ(seconds_of("30s").value(), 30U);
  EXPECT_EQ(seconds_of("5m").value(), 300U);
  EXPECT_EQ(seconds_of("2h").value(), 7200U);
  EXPECT_EQ(seconds_of("1d").value(), 86'400U);
  for (const std::string_view bad :
       {"", "5", "m", "0m", "-1m", "5 m", "5min", "400d", "99999999999999999999s", "5mm"}) {
    EXPECT_FALSE(seconds_of(bad).has_value()) << bad;
  }
}

TEST(LogView, ShowsARequestAsTheLogDoes) {
  const edge::RequestRecord record{.request_id = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10",
                                   .function = "api",
                                   .version = 12,
                                   .method = "GET",
                                   .target = "/todos",
                                   .peer = "127.0.0.1:9",
                                   .status = 500,
                                   .fault = &edge::info(edge::Fault::Cpu),
                                   .detail = "used 1001 ms of 1000 ms",
                                   .aborted = true,
                                   .cold = pool::ColdReason::Idle,
                                   .retried = true,
                                   .fetch = milliseconds(1),
                                   .load = milliseconds(2),
                                   .queue = milliseconds(3),
                                   .wall = milliseconds(1500),
                                   .cpu = milliseconds(1001),
                                   .memory_peak_bytes = 5 << 20,
                                   .bytes_in = 6,
                                   .bytes_out = 7,
                                   .subrequests = 8};
  std::string json;
  std::string text;
  append_request(json, record, kJson, kTime);
  append_request(text, record, kText, kTime);
  EXPECT_EQ(shown(json), text + "\n");
}

TEST(LogView, TellsThatAStaticFileAnswered) {
  std::string json;
  std::string text;
  const edge::RequestRecord record{
      .request_id = "id-1", .function = "site", .method = "GET", .target = "/a.css", .status = 200, .asset = true};
  append_request(json, record, kJson, kTime);
  append_request(text, record, kText, kTime);
  EXPECT_THAT(text, testing::EndsWith("  asset"));
  EXPECT_EQ(shown(json), text + "\n");
}

TEST(LogView, ShowsWhatAGuestPrintedAndWhereItFailed) {
  std::string json;
  std::string text;
  append_guest_line(json, {engine::Stream::LogWarn, "a \x1b[2J b"}, "api", "id-1", kJson, kTime);
  append_guest_line(text, {engine::Stream::LogWarn, "a \x1b[2J b"}, "api", "id-1", kText, kTime);
  EXPECT_EQ(shown(json), text + "\n");
  EXPECT_EQ(shown(json).find('\x1b'), std::string::npos);

  const edge::TrapReport report{.function = "api",
                                .request_id = "id-1",
                                .code = "PEKO-TRAP",
                                .cause = "no stock",
                                .frames = {"take at a.rs:1:2", "handle"}};
  json.clear();
  text.clear();
  append_trap_report(json, report, kJson, kTime);
  append_trap_report(text, report, kText, kTime);
  EXPECT_EQ(shown(json), text + "\n");
}

TEST(LogView, SaysWhatWasLostAndWhichDayItIs) {
  EXPECT_THAT(shown(R"({"type":"lost","lines":3,"requests":4})"), HasSubstr("3 lines and 4 requests are missing"));
  LogView view(kText);
  const auto guest = [&view](std::string_view day) {
    return view.line(R"({"ts":")" + std::string(day) + R"(T23:59:59.123Z","type":"guest","stream":"stdout","msg":"x"})")
        .value();
  };
  EXPECT_THAT(guest("2026-01-30"), testing::Not(HasSubstr("---")));
  EXPECT_THAT(guest("2026-01-31"), HasSubstr("--- 2026-01-31\n"));
  EXPECT_EQ(view.time(), "2026-01-31T23:59:59.123Z");
}

TEST(LogView, SurvivesWhateverANodeSays) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown(R"({"type":"later","text":"\u001b"})"), "{\"type\":\"later\",\"text\":\"\\u001b\"}\n");
  for (const std::string_view odd :
       {R"({})", R"({"type":7,"ts":[]})", R"({"type":"request","status":"x","wall_ms":-1})",
        R"({"type":"request","wall_ms":1e300,"memory_bytes":-5,"version":"vx"})", R"({"type":"guest","msg":{}})",
        R"({"type":"trap","backtrace":[1,{}]})"}) {
    EXPECT_TRUE(LogView(kText).line(odd).has_value()) << odd;
  }
  for (const std::string_view bad : {"x", "[]", "7", "{\"a\":"}) {
    EXPECT_FALSE(LogView(kText).line(bad).has_value()) << bad;
    EXPECT_FALSE(LogView(kText).request(bad).has_value()) << bad;
  }
}

TEST(LogView, IsNotSteeredByANode) {
  constexpr std::string_view kEscape = R"("\u001b[2J\u009b2J")";
  const auto steers = [](std::string_view text) { return text.contains('\x1b') || text.contains("\xc2\x9b"); };
  for (const std::string_view type : {"request", "guest", "trap", "lost", "later"}) {
    for (const std::string_view key : {"ts", "id", "function", "version", "method", "target", "peer", "status", "code",
                                       "detail", "reason", "stream", "level", "msg", "cause", "backtrace", "wall_ms"}) {
      const std::string value =
          std::string(key == "backtrace" ? "[" : "") + std::string(kEscape) + (key == "backtrace" ? "]" : "");
      const std::string with_code = key == "code" ? "" : R"(,"code":"PEKO-TRAP")";
      const std::string json =
          "{\"type\":\"" + std::string(type) + "\",\"" + std::string(key) + "\":" + value + with_code + "}";
      EXPECT_FALSE(steers(shown(json))) << json;
      EXPECT_FALSE(steers(
          LogView(kText).request(R"({"log":[)" + json + R"(],"request":)" + json + R"(,"trap":)" + json + "}").value()))
          << json;
    }
  }
}

TEST(LogView, ShowsAllOfARequest) {
  const std::string text =
      LogView(kText)
          .request(
              R"({"request":{"type":"request","id":"id-1","function":"api","method":"GET","target":"/","status":500,)"
              R"("code":"PEKO-TRAP","wall_ms":3.5},"phases":[{"name":"queue","ms":1.25},{"name":"handler","ms":2.25}],)"
              R"("log":[{"type":"guest","stream":"stdout","msg":"printed"}],)"
              R"("trap":{"type":"trap","code":"PEKO-TRAP","cause":"why","backtrace":["take at a.rs:1"]}})")
          .value();
  EXPECT_THAT(text, HasSubstr("printed\n"));
  EXPECT_THAT(text, HasSubstr("queue 1.25 ms, handler 2.25 ms\n"));
  EXPECT_THAT(text, HasSubstr("0: take at a.rs:1\n"));
  EXPECT_THAT(LogView(kText).request(R"({"request":null,"log":[],"trap":null})").value(), HasSubstr("not over yet"));
}

}  // namespace
}  // namespace peko::cli

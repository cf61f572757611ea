#include "edge/request_log.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace peko::edge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::system_clock::time_point kNow{};

RequestRecord record() {
  return {.request_id = "id-1",
          .function = "hello",
          .method = "GET",
          .target = "/a?b=c",
          .peer = "127.0.0.1:9",
          .status = 200,
          .cold = pool::ColdReason::First,
          .wall = 1500us,
          .cpu = 700us,
          .memory_peak_bytes = 65536,
          .bytes_in = 1,
          .bytes_out = 13};
}

std::string text_of(const RequestRecord& record, LogStyle style) {
  std::string out;
  append_request(out, record, style, kNow);
  return out;
}

TEST(RequestLog, WritesOneJsonObject) {
  const boost::json::value line = boost::json::parse(text_of(record(), {.form = LogStyle::Form::Json}));
  EXPECT_EQ(line.at("id").as_string(), "id-1");
  EXPECT_EQ(line.at("function").as_string(), "hello");
  EXPECT_EQ(line.at("status").to_number<int>(), 200);
  EXPECT_EQ(line.at("cold").as_bool(), true);
  EXPECT_EQ(line.at("reason").as_string(), "first");
  EXPECT_EQ(line.at("wall_ms").to_number<double>(), 1.5);
  EXPECT_EQ(line.at("cpu_ms").to_number<double>(), 0.7);
  EXPECT_FALSE(line.as_object().contains("code"));
}

TEST(RequestLog, NamesCodeDetailAndSettingOfAFault) {
  RequestRecord faulty = record();
  faulty.fault = &info(Fault::Cpu);
  faulty.detail = "used 1001 ms of 1000 ms";
  faulty.status = 500;
  const boost::json::value line = boost::json::parse(text_of(faulty, {.form = LogStyle::Form::Json}));
  EXPECT_EQ(line.at("code").as_string(), "PEKO-CPU");
  EXPECT_EQ(line.at("detail").as_string(), "used 1001 ms of 1000 ms");
  EXPECT_EQ(line.at("setting").as_string(), "cpu_ms");
  EXPECT_EQ(text_of(faulty, {}),
            "00:00:00 GET    500 /a?b=c  hello  1.50 ms  cpu 0.70 ms  64 KiB  cold (first)  id id-1  PEKO-CPU: used "
            "1001 ms of 1000 ms; "
            "the limit is cpu_ms in [limits] of peko.toml");
}

TEST(RequestLog, IsALineForPeople) {
  EXPECT_EQ(text_of(record(), {}), "00:00:00 GET    200 /a?b=c  hello  1.50 ms  cpu 0.70 ms  64 KiB  cold (first)");
  RequestRecord warm = record();
  warm.cold = pool::ColdReason::None;
  EXPECT_TRUE(text_of(warm, {}).ends_with("  64 KiB  warm")) << text_of(warm, {});
}

TEST(RequestLog, ColoursEachFunctionInItsOwnWay) {
  const LogStyle coloured = {.form = LogStyle::Form::Text, .colour = true};
  const std::string line = text_of(record(), coloured);
  const std::size_t name = line.find("hello\x1b[0m");
  ASSERT_NE(name, std::string::npos) << line;
  const std::string colour = line.substr(name - 5, 5);
  std::string guest;
  append_guest_line(guest, {engine::Stream::Stdout, "x"}, "hello", "id-1", coloured, kNow);
  EXPECT_NE(guest.find(colour + "hello\x1b[0m | x"), std::string::npos) << guest;
  EXPECT_NE(line.find("\x1b[32m200\x1b[0m"), std::string::npos) << line;
}

TEST(RequestLog, IsSilentWhenOffUnlessThereWasAFault) {
  EXPECT_EQ(text_of(record(), {.form = LogStyle::Form::Off}), "");
  RequestRecord faulty = record();
  faulty.fault = &info(Fault::Trap);
  EXPECT_NE(text_of(faulty, {.form = LogStyle::Form::Off}), "");
}

TEST(RequestLog, CannotBeSteeredByAClient) {
  RequestRecord hostile = record();
  hostile.target = "/\x1b[2J\n500 fake";
  const std::string line = text_of(hostile, {});
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find("\\x1b[2J\\x0a500 fake"), std::string::npos) << line;
}

TEST(RequestLog, CannotBeSteeredByANodeThatLies) {
  const auto is_plain = [](const std::string& line) { return !line.contains('\x1b') && line.contains("\\x1b"); };
  using Lie = std::string_view RequestRecord::*;
  for (const Lie lie : {&RequestRecord::request_id, &RequestRecord::function, &RequestRecord::method,
                        &RequestRecord::target, &RequestRecord::detail}) {
    RequestRecord hostile = record();
    hostile.fault = &info(Fault::Trap);
    hostile.*lie = "\x1b[2J";
    EXPECT_TRUE(is_plain(text_of(hostile, {}))) << text_of(hostile, {});
  }
  std::string guest;
  append_guest_line(guest, {engine::Stream::Stdout, "x"}, "\x1b[2J", "id-1", {}, kNow);
  EXPECT_TRUE(is_plain(guest)) << guest;
}

TEST(RequestLog, ShowsAMethodThatIsLong) {
  RequestRecord long_one = record();
  long_one.method = "PROPPATCH";
  EXPECT_TRUE(text_of(long_one, {}).starts_with("00:00:00 PROPPATCH 200 /a")) << text_of(long_one, {});
}

TEST(RequestLog, TellsThatAStaticFileAnswered) {
  RequestRecord file = record();
  file.asset = true;
  file.memory_peak_bytes = 0;
  const boost::json::value line = boost::json::parse(text_of(file, {.form = LogStyle::Form::Json}));
  EXPECT_TRUE(line.at("asset").as_bool());
  file.cold = pool::ColdReason::None;
  EXPECT_TRUE(text_of(file, {}).ends_with(" ms  asset")) << text_of(file, {});
  EXPECT_EQ(text_of(file, {}).find("cpu"), std::string::npos) << text_of(file, {});
  const boost::json::value plain = boost::json::parse(text_of(record(), {.form = LogStyle::Form::Json}));
  EXPECT_FALSE(plain.as_object().contains("asset"));
}

TEST(RequestLog, ShowsABrokenResponseAsSuch) {
  RequestRecord cut = record();
  cut.aborted = true;
  EXPECT_TRUE(text_of(cut, {}).starts_with("00:00:00 GET    cut /")) << text_of(cut, {});
}

TEST(RequestLog, TellsOfWaitingAndOfASecondTry) {
  RequestRecord second = record();
  second.queue = 12ms;
  second.retried = true;
  const boost::json::value line = boost::json::parse(text_of(second, {.form = LogStyle::Form::Json}));
  EXPECT_EQ(line.at("queue_ms").to_number<double>(), 12);
  EXPECT_TRUE(line.at("retried").as_bool());
  EXPECT_NE(text_of(second, {}).find("waited 12.00 ms  on a second try"), std::string::npos) << text_of(second, {});
  const boost::json::value plain = boost::json::parse(text_of(record(), {.form = LogStyle::Form::Json}));
  EXPECT_FALSE(plain.as_object().contains("queue_ms") || plain.as_object().contains("retried"));
}

TEST(RequestLog, SaysWhichVersionAnswered) {
  RequestRecord deployed = record();
  deployed.version = 12;
  const boost::json::value line = boost::json::parse(text_of(deployed, {.form = LogStyle::Form::Json}));
  EXPECT_EQ(line.at("version").as_string(), "v12");
  EXPECT_EQ(text_of(deployed, {}), text_of(record(), {})) << "people need it where there are several";
  deployed.versions = RequestRecord::Versions::Several;
  EXPECT_NE(text_of(deployed, {}).find(" /a?b=c  hello v12 "), std::string::npos) << text_of(deployed, {});
  const boost::json::value plain = boost::json::parse(text_of(record(), {.form = LogStyle::Form::Json}));
  EXPECT_FALSE(plain.as_object().contains("version"));
}

TEST(RequestLog, TellsOfWaitingForTheFunction) {
  RequestRecord waited = record();
  waited.fetch = 30ms;
  waited.load = 2ms;
  const boost::json::value line = boost::json::parse(text_of(waited, {.form = LogStyle::Form::Json}));
  EXPECT_EQ(line.at("fetch_ms").to_number<double>(), 30);
  EXPECT_EQ(line.at("load_ms").to_number<double>(), 2);
  EXPECT_NE(text_of(waited, {}).find("loaded 32.00 ms"), std::string::npos) << text_of(waited, {});
}

TEST(GuestLine, CarriesFunctionAndRequestInJson) {
  std::string out;
  append_guest_line(out, {engine::Stream::Stderr, "a \"b\"\x01"}, "hello", "id-1", {.form = LogStyle::Form::Json},
                    kNow);
  const boost::json::value line = boost::json::parse(out);
  EXPECT_EQ(line.at("function").as_string(), "hello");
  EXPECT_EQ(line.at("id").as_string(), "id-1");
  EXPECT_EQ(line.at("stream").as_string(), "stderr");
  EXPECT_EQ(line.at("msg").as_string(), "a \"b\"\x01");
}

TEST(GuestLine, HasTheLevelOfALoggedMessage) {
  std::string out;
  append_guest_line(out, {engine::Stream::LogWarn, "low"}, "hello", "id-1", {.form = LogStyle::Form::Json}, kNow);
  const boost::json::value line = boost::json::parse(out);
  EXPECT_EQ(line.at("level").as_string(), "warn");
  EXPECT_FALSE(line.as_object().contains("stream"));
  out.clear();
  append_guest_line(out, {engine::Stream::LogWarn, "low"}, "hello", "id-1", {}, kNow);
  EXPECT_EQ(out, "00:00:00 hello warn | low");
}

TEST(GuestLine, IsSafeOnATerminal) {
  std::string out;
  append_guest_line(out, {engine::Stream::Stdout, "\x1b]0;evil\x07"}, "hello", "id-1", {}, kNow);
  EXPECT_EQ(out, "00:00:00 hello | \\x1b]0;evil\\x07");
}

TEST(GuestLine, IsSafeOnATerminalThatKnowsControlsOfTwoBytes) {
  const engine::GuestLine hostile = {engine::Stream::Stdout,
                                     "caf\xc3\xa9\xc2\xa0\xc2\x9b"
                                     "2J\xc2\x80\xc2\x9f\xc2"};
  std::string out;
  append_guest_line(out, hostile, "hello", "id-1", {}, kNow);
  EXPECT_EQ(out, "00:00:00 hello | caf\xc3\xa9\xc2\xa0\\xc2\\x9b2J\\xc2\\x80\\xc2\\x9f\xc2");
  out.clear();
  append_guest_line(out, hostile, "hello", "id-1", {.form = LogStyle::Form::Json}, kNow);
  EXPECT_FALSE(out.contains("\xc2\x9b")) << out;
  EXPECT_EQ(boost::json::parse(out).at("msg").as_string(),
            "caf\xc3\xa9\xc2\xa0\xc2\x9b"
            "2J\xc2\x80\xc2\x9f\xef\xbf\xbd");
}

}  // namespace
}  // namespace peko::edge

#include "edge/trap_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace peko::edge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kMessage =
    "wasm trap: wasm `unreachable` instruction executed\n"
    "    0:   0x1a2b - stock.wasm!stock::take\n"
    "    1:    0x1ff - <unknown>!handle\n"
    "    2: <unknown>!<wasm function 7>";

TEST(TrapReport, HasTheReasonOfTheGuestBeforeThatOfTheEngine) {
  EXPECT_EQ(cause_of(kMessage, ""), "wasm trap: wasm `unreachable` instruction executed");
  EXPECT_EQ(cause_of(kMessage, "panicked at src/stock.rs:1:2: no stock"),
            "panicked at src/stock.rs:1:2: no stock (wasm trap: wasm `unreachable` instruction executed)");
}

TEST(TrapReport, HasTheNamesOfItsFrames) {
  EXPECT_THAT(frames_of(kMessage), ElementsAre("stock.wasm!stock::take", "handle", "<wasm function 7>"));
  EXPECT_THAT(frames_of("a cause without frames"), IsEmpty());
  EXPECT_THAT(frames_of("trap\n   0: 0x1 - m!evil\n9: name\n   1: 0x2 - m!good"), ElementsAre("m!evil", "m!good"));
}

TrapReport report() {
  return {.function = "stock",
          .request_id = "id-1",
          .code = "PEKO-TRAP",
          .cause = "no \x1b[2Jstock",
          .frames = {"take at src/stock.rs:12:5", "ha\nnd\xc2\x9ble"}};
}

TEST(TrapReport, CannotBeSteeredByItsNames) {
  TrapReport hostile = report();
  hostile.function = "\x1b[1m";
  hostile.request_id = "\x1b[2m";
  std::string out;
  append_trap_report(out, hostile, {}, {});
  EXPECT_TRUE(out.starts_with("00:00:00 \\x1b[1m PEKO-TRAP \\x1b[2m | ")) << out;
}

TEST(TrapReport, IsOneObjectInJson) {
  std::string out;
  append_trap_report(out, report(), {.form = LogStyle::Form::Json}, {});
  const boost::json::value line = boost::json::parse(out);
  EXPECT_EQ(line.at("type").as_string(), "trap");
  EXPECT_EQ(line.at("function").as_string(), "stock");
  EXPECT_EQ(line.at("id").as_string(), "id-1");
  EXPECT_EQ(line.at("code").as_string(), "PEKO-TRAP");
  EXPECT_EQ(line.at("backtrace").at(0).as_string(), "take at src/stock.rs:12:5");
  EXPECT_EQ(line.at("backtrace").as_array().size(), 2U);
  EXPECT_EQ(out.find('\n'), std::string::npos);
}

TEST(TrapReport, IsALineAFrameInTextAndSafeOnATerminal) {
  std::string out;
  append_trap_report(out, report(), {}, {});
  EXPECT_EQ(out,
            "00:00:00 stock PEKO-TRAP id-1 | no \\x1b[2Jstock\n"
            "      0: take at src/stock.rs:12:5\n"
            "      1: ha\\x0and\\xc2\\x9ble");
}

}  // namespace
}  // namespace peko::edge

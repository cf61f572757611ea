#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace peko {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, PassesPlainTextOn) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'a');
    EXPECT_EQ(json_of(text), '"' + text + '"');
  }
}

TEST(JsonString, EscapesAtEveryPositionOfEveryLength) {
  for (const auto& [c, escaped] :
       {std::pair{'"', "\\\""}, std::pair{'\\', "\\\\"}, std::pair{'\n', "\\n"}, std::pair{'\r', "\\r"},
        std::pair{'\t', "\\t"}, std::pair{'\0', "\\u0000"}, std::pair{'\x1b', "\\u001b"}, std::pair{'\x1f', "\\u001f"},
        std::pair{'\x7f', "\\u007f"}}) {
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = c;
        EXPECT_EQ(json_of(text), '"' + std::string(at, 'x') + escaped + std::string(length - 1 - at, 'x') + '"');
      }
    }
  }
}

TEST(JsonString, EscapesControlsOfTwoBytes) {
  EXPECT_EQ(json_of("\xc2\x80\xc2\x9b"
                    "2J\xc2\x9f\xc2\xa0\xc3\x9b"),
            "\"\\u0080\\u009b2J\\u009f\xc2\xa0\xc3\x9b\"");
}

TEST(JsonString, KeepsValidUtf8) {
  for (const std::string_view text : {"é", "€", "𝄞", "日本語", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(json_of(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(json_of("a\xff"
                    "b"),
            "\"a" + r + "b\"");
  EXPECT_EQ(json_of("\xc3"), '"' + r + '"') << "cut short";
  EXPECT_EQ(json_of("\xe2\x82"), '"' + r + r + '"') << "cut short";
  EXPECT_EQ(json_of("\xc0\xaf"), '"' + r + r + '"') << "longer than needed";
  EXPECT_EQ(json_of("\xe0\x9f\xbf"), '"' + r + r + r + '"') << "longer than needed";
  EXPECT_EQ(json_of("\xed\xa0\x80"), '"' + r + r + r + '"') << "a surrogate";
  EXPECT_EQ(json_of("\xf4\x90\x80\x80"), '"' + r + r + r + r + '"') << "above U+10FFFF";
  EXPECT_EQ(json_of("\x80\""
                    "x"),
            '"' + r + "\\\"x\"");
}

TEST(JsonNumber, IsExact) {
  std::string out;
  append_json_number(out, std::numeric_limits<std::uint64_t>::max());
  out += ' ';
  append_json_number(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  append_json_number(out, 0.1);
  out += ' ';
  append_json_number(out, std::numeric_limits<double>::quiet_NaN());
  out += ' ';
  append_json_number(out, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(out, "18446744073709551615 -9223372036854775808 0.1 null null");
}

TEST(JsonNumber, OfThousandthsHasNoMoreDecimalsThanItNeeds) {
  for (const auto& [count, expected] :
       {std::pair{0U, "0"}, std::pair{1U, "0.001"}, std::pair{10U, "0.01"}, std::pair{100U, "0.1"},
        std::pair{36U, "0.036"}, std::pair{1000U, "1"}, std::pair{1500U, "1.5"}, std::pair{10'020U, "10.02"},
        std::pair{4'000'000'000U, "4000000"}}) {
    std::string out;
    append_json_number(out, Thousandths{count});
    EXPECT_EQ(out, expected);
  }
}

TEST(JsonWriter, PutsCommasBetweenValuesOnly) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("status").value(200).key("cold").value(true).key("seconds").value(0.5).key("code").null();
  json.key("empty").begin_array().end_array();
  json.key("list")
      .begin_array()
      .value("a")
      .value(2U)
      .begin_object()
      .key("x")
      .value("y")
      .end_object()
      .value(false)
      .end_array();
  json.key("last").begin_object().end_object();
  json.end_object();
  EXPECT_EQ(
      out,
      R"({"status":200,"cold":true,"seconds":0.5,"code":null,"empty":[],"list":["a",2,{"x":"y"},false],"last":{}})");
}

}  // namespace
}  // namespace peko

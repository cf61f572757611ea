#include "cloud/ini.hpp"

#include <gtest/gtest.h>

namespace peko::cloud {
namespace {

std::string value(const Result<std::vector<IniSection>>& sections, std::size_t index, const std::string& name) {
  if (!sections || sections->size() <= index) return "no such section";
  const auto at = (*sections)[index].values.find(name);
  return at == (*sections)[index].values.end() ? "no such value" : at->second;
}

TEST(Ini, HoldsSectionsAndTheirValues) {
  const auto sections = parse_ini(
      "# a comment\n"
      "[default]\r\n"
      "aws_access_key_id=AKID\r\n"
      "AWS_Secret_Access_Key = s+e/c=r#e;t \r\n"
      "; another\n"
      "\n"
      "[ profile   \"blue sky\" ] ; the test account\n"
      "region = eu-west-1 # Dublin\n"
      "output =\n");
  ASSERT_TRUE(sections.has_value());
  ASSERT_EQ(sections->size(), 2U);
  EXPECT_EQ((*sections)[0].name, "default");
  EXPECT_EQ(value(sections, 0, "aws_access_key_id"), "AKID");
  EXPECT_EQ(value(sections, 0, "aws_secret_access_key"), "s+e/c=r#e;t") << "a comment has a space before it";
  EXPECT_EQ((*sections)[1].name, "profile blue sky");
  EXPECT_EQ(value(sections, 1, "region"), "eu-west-1");
  EXPECT_EQ(value(sections, 1, "output"), "");
}

TEST(Ini, LeavesOutWhatIsIndented) {
  const auto sections = parse_ini("[default]\ns3 =\n  region = wrong\n\tx\nregion = right\n");
  EXPECT_EQ(value(sections, 0, "region"), "right");
  EXPECT_EQ(value(sections, 0, "s3"), "");
}

TEST(Ini, TakesTheLastOfEqualNames) { EXPECT_EQ(value(parse_ini("[a]\nx=1\nX=2"), 0, "x"), "2"); }

TEST(Ini, TakesWhatEditorsLeaveBehind) {
  EXPECT_EQ(value(parse_ini("\xef\xbb\xbf[a]\nx=1"), 0, "x"), "1");
  EXPECT_TRUE(parse_ini("")->empty());
}

TEST(Ini, SaysWhichLineIsWrongAndNotWhatItSays) {
  const std::vector<std::pair<std::string_view, std::string_view>> rows = {
      {"[a]\n\nsecret\n", "line 3: neither [section] nor name = value"},
      {"[a]\n=secret\n", "line 2: neither [section] nor name = value"},
      {"[secret\n", "line 1: a section begins with [ but does not end with ]"},
      {"secret = 1\n[a]\n", "line 1: a value before the first [section]"},
  };
  for (const auto& [text, message] : rows) {
    const auto sections = parse_ini(text);
    ASSERT_FALSE(sections.has_value()) << text;
    EXPECT_EQ(sections.error().code, Code::Invalid);
    EXPECT_EQ(sections.error().message, message);
  }
}

}  // namespace
}  // namespace peko::cloud

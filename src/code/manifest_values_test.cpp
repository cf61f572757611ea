#include "code/manifest_values.hpp"

#include <gtest/gtest.h>

#include <span>

namespace peko::code {
namespace {

TEST(FunctionName, IsADnsLabel) {
  const std::string longest(63, 'a');
  const std::string_view good_ones[] = {"a", "0", "todo-api", "a--b", longest};
  for (const std::string_view good : good_ones) {
    EXPECT_TRUE(check_name(good).has_value()) << good;
  }
  const std::string too_long(64, 'a');
  const std::string_view rows[] = {"",    "-a",          "a-",  "A",  "a.b",      "a_b",
                                   "a b", "caf\xc3\xa9", "a/b", "..", {"a\0", 2}, too_long};
  for (const std::string_view bad : rows) {
    EXPECT_FALSE(check_name(bad).has_value()) << bad;
  }
}

TEST(FunctionName, ThatIsWrongComesWithOneThatIsRight) {
  EXPECT_EQ(check_name("Todo_API").error().message,
            "\"Todo_API\" is not a function's name: 1 to 63 of a-z, 0-9 and -, no - at either end (for instance "
            "\"todo-api\")");
}

TEST(FunctionName, IsMadeOfAFilesName) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"hello", "hello"}, {"My_App.v2", "my-app-v2"}, {"--x--", "x"}, {"a  b", "a-b"}, {"caf\xc3\xa9", "caf"},
  };
  for (const auto& [stem, name] : rows) {
    EXPECT_EQ(name_from(stem).value(), name);
  }
  EXPECT_EQ(name_from(std::string(62, 'a') + "-b").value(), std::string(62, 'a')) << "cut, and no - at the end";
  EXPECT_FALSE(name_from("___").has_value());
  EXPECT_FALSE(name_from("").has_value());
}

struct Row {
  std::string_view given;
  std::string_view result;  // the checked form; empty: an error
  std::string_view why;     // what the error says
};

void expect_rows(std::span<const Row> rows, Result<std::string> (*check)(std::string_view)) {
  for (const Row& row : rows) {
    const Result<std::string> checked = check(row.given);
    ASSERT_EQ(checked.has_value(), !row.result.empty()) << row.given;
    if (checked) {
      EXPECT_EQ(*checked, row.result);
    } else {
      EXPECT_NE(checked.error().message.find(row.why), std::string::npos) << checked.error().message;
      EXPECT_EQ(checked.error().code, Code::Invalid);
    }
  }
}

TEST(Route, IsHostAndPath) {
  const std::string long_path = "a.example/" + std::string(2000, 'x');
  const Row rows[] = {
      {"api.example.com/v1/*", "api.example.com/v1/*", ""},
      {"API.example.com/V1", "api.example.com/V1", ""},
      {"a.example/*", "a.example/*", ""},
      {"a.example/", "a.example/", ""},
      {"a.example", "", "the path is missing; \"host/*\" is every path"},
      {"https://a.example/*", "", "it has no scheme"},
      {"a.example:80/*", "", "a host name, without a port"},
      {"/v1/*", "", "a host name"},
      {"*.example.com/*", "", "a host name"},
      {"a.example/v*", "", "a * stands at the end, after a /"},
      {"a.example/*/b", "", "a * stands at the end, after a /"},
      {"a.example/a?b=c", "", "no query"},
      {"a.example/a#b", "", "no fragment"},
      {"a.example/a b", "", "visible ASCII"},
      {"a.example/\xc3\xa9", "", "visible ASCII"},
      {"a.example/.peko/health", "", "belong to Peko"},
      {long_path, "", "longer than 1024"},
      {"", "", "the path is missing"},
  };
  expect_rows(rows, route);
}

}  // namespace
}  // namespace peko::code

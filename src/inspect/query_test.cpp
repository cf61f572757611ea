#include "inspect/query.hpp"

#include <gtest/gtest.h>

#include <array>

namespace peko::inspect {
namespace {

constexpr std::array<std::string_view, 3> kKnown = {"function", "limit", "errors"};

TEST(Query, FollowsTheFirstQuestionMark) {
  EXPECT_EQ(query_of("/a?b=c?d"), "b=c?d");
  EXPECT_EQ(query_of("/a"), "");
}

TEST(Query, ReadsValues) {
  const Query query = Query::parse("function=a%20b%2Bc+d&limit=7&errors=1", kKnown).value();
  EXPECT_EQ(query.text("function"), "a b+c d");
  EXPECT_EQ(query.number("limit", 1, 10, 5).value(), 7U);
  EXPECT_TRUE(query.flag("errors").value());
  const Query empty = Query::parse("", kKnown).value();
  EXPECT_EQ(empty.text("function"), "");
  EXPECT_EQ(empty.number("limit", 1, 10, 5).value(), 5U);
  EXPECT_FALSE(empty.flag("errors").value());
}

TEST(Query, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(Query::parse("functions=a", kKnown).error().message,
            "\"functions\" is not understood; there is: function, limit, errors");
  for (const std::string_view bad :
       {"limit=1&limit=2", "function=%", "function=%4", "function=%zz", "function=%-1", "&", "=", "limit=1&"}) {
    EXPECT_FALSE(Query::parse(bad, kKnown).has_value()) << bad;
  }
  for (const std::string_view bad :
       {"limit=0", "limit=11", "limit=", "limit=-1", "limit=1x", "limit=99999999999999999999"}) {
    EXPECT_FALSE(Query::parse(bad, kKnown)->number("limit", 1, 10, 5).has_value()) << bad;
  }
  EXPECT_FALSE(Query::parse("errors=yes", kKnown)->flag("errors").has_value());
}

}  // namespace
}  // namespace peko::inspect

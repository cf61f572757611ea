#include "http/message.hpp"

#include <gtest/gtest.h>

namespace peko::http {
namespace {

TEST(Message, FindReturnsTheFirstFieldOfAName) {
  const Field fields[] = {{"a", "1"}, {"b", "2"}, {"b", "3"}};
  EXPECT_EQ(find(fields, "b"), "2");
  EXPECT_EQ(find(fields, "c"), std::nullopt);
  EXPECT_EQ(find({}, "a"), std::nullopt);
}

TEST(Message, ReasonPhrasesAreThoseOfTheRfcs) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
}

TEST(Message, IequalsIgnoresTheCaseOfAsciiLettersOnly) {
  EXPECT_TRUE(iequals("Content-Type", "cONTENT-tYPE"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));        // 0x40 and 0x60 differ in the bit that tells the case of letters
  EXPECT_FALSE(iequals("\xc4", "\xe4"));  // Latin-1 letters
}

}  // namespace
}  // namespace peko::http

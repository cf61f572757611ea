#include "cloud/dates.hpp"

#include <gtest/gtest.h>

namespace peko::cloud {
namespace {

TEST(Dates, AreReadAndWritten) {
  const auto time = parse_date("2013-05-24T23:59:58Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(basic_date(*time), "20130524T235958Z");
  EXPECT_EQ(parse_date("2013-05-24T23:59:58.123456Z"), time);
  EXPECT_EQ(basic_date(*parse_date("2024-02-29T00:00:00Z")), "20240229T000000Z");
}

TEST(Dates, PastAllReasonAreReadAsFarAway) {
  EXPECT_EQ(parse_date("9999-12-31T23:59:59Z"), parse_date("2200-01-01T00:00:00Z"));
  EXPECT_EQ(parse_date("0001-01-01T00:00:00Z"), parse_date("1970-01-01T00:00:00Z"));
  EXPECT_EQ(parse_date("1579-01-01T06:00:00Z"), parse_date("1970-01-01T00:00:00Z"));
}

TEST(Dates, RefuseEverythingElse) {
  for (const std::string_view text :
       {"", "2013", "2013-05-24", "2013-05-24T00:00:00", "2013-05-24T00:00:00+02:00", "2013-05-24 00:00:00Z",
        "2013-13-01T00:00:00Z", "2013-02-29T00:00:00Z", "2013-05-24T24:00:00Z", "2013-05-24T00:60:00Z",
        "2013-05-24T00:00:61Z", "2013-05-24T00:00:00.Z", "2013-05-24T00:00:00.1", "2013-05-24T00:00:00Zx",
        "-013-05-24T00:00:00Z", "2013-5-24T00:00:00Z", "2013-05-24T-1:00:00Z", "1369353600"}) {
    EXPECT_FALSE(parse_date(text).has_value()) << text;
  }
}

TEST(Dates, OfHttpAreRead) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), parse_date("1994-11-06T08:49:37Z"));
  for (const std::string_view text :
       {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994x08:49:37 GMT", "Sun, 06-Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37  GMT"}) {
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace peko::cloud

#include "base/control.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

TEST(Control, IsFoundWhereATextBeginsWithOne) {
  using namespace std::string_view_literals;
  for (const std::string_view one : {"\0"sv, "\x1b[2J"sv, "\x1f"sv, "\x7f"sv, "\n"sv}) {
    EXPECT_EQ(control_at(one), 1U) << one;
  }
  for (const std::string_view two : {"\xc2\x80"sv,
                                     "\xc2\x9b"
                                     "2J"sv,
                                     "\xc2\x9f"sv}) {
    EXPECT_EQ(control_at(two), 2U) << two;
  }
  for (const std::string_view none : {" "sv, "~"sv, "\xc2"sv, "\xc2\xa0"sv, "\xc2\x7f"sv, "\xc3\x9b"sv, "\x9b"sv}) {
    EXPECT_EQ(control_at(none), 0U) << none;
  }
}

}  // namespace
}  // namespace peko

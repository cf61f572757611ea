#include "http/date_cache.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <string>

namespace peko::http {
namespace {

std::time_t parse(std::string_view text) {
  std::tm utc{};
  const std::string copy(text);
  const char* const end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return end != nullptr && *end == '\0' ? ::timegm(&utc) : -1;
}

TEST(DateCache, TellsTheTime) {
  DateCache cache;
  const std::time_t before = std::time(nullptr);
  const std::time_t shown = parse(cache.text(std::chrono::steady_clock::now()));
  EXPECT_GE(shown, before);
  EXPECT_LE(shown, std::time(nullptr));
}

TEST(DateCache, IsNeverMoreThanASecondOld) {
  DateCache cache;
  const net::TimePoint now = std::chrono::steady_clock::now();
  const std::string first(cache.text(now));
  const std::string_view kept = cache.text(now);
  EXPECT_EQ(kept, first);
  // A steady second later it looks at the wall clock again, which has not moved as far; what counts is that it looked.
  const std::time_t before = std::time(nullptr);
  EXPECT_GE(parse(cache.text(now + std::chrono::seconds(1))), before);
}

}  // namespace
}  // namespace peko::http

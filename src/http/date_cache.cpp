#include "http/date_cache.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace peko::http {

void DateCache::refresh(net::TimePoint now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto wall = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::memcpy(text_.data(), text, text_.size());
  stale_at_ = now + std::chrono::ceil<net::Duration>(second + std::chrono::seconds(1) - wall);
}

}  // namespace peko::http

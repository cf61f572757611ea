#include "cloud/dates.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace peko::cloud {
namespace {

// The clock counts nanoseconds in 64 bits: from 1677 to 2262, and no more than 292 years between two dates.
constexpr int kYearMin = 1970;
constexpr int kYearMax = 2200;

// Takes a number of exactly `digits` digits and the character behind it from the front of `text`.
std::optional<int> take(std::string_view& text, std::size_t digits, char behind) {
  if (text.size() <= digits || text[digits] != behind) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || text.front() == '-') return std::nullopt;
  text.remove_prefix(digits + 1);
  return value;
}

// Seconds may have a fraction.
std::optional<int> take_seconds(std::string_view& text) {
  const std::size_t point = text.find('.');
  if (point != 2) return take(text, 2, 'Z');
  const auto seconds = take(text, 2, '.');
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (!seconds || digits == 0 || digits == std::string_view::npos || text[digits] != 'Z') return std::nullopt;
  text.remove_prefix(digits + 1);
  return seconds;
}

}  // namespace

std::string basic_date(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::system_clock::time_point> parse_date(std::string_view text) {
  const auto year = take(text, 4, '-');
  const auto month = year ? take(text, 2, '-') : std::nullopt;
  const auto day = month ? take(text, 2, 'T') : std::nullopt;
  const auto hour = day ? take(text, 2, ':') : std::nullopt;
  const auto minute = hour ? take(text, 2, ':') : std::nullopt;
  const auto second = minute ? take_seconds(text) : std::nullopt;
  if (!second || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // 60: a leap second.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  if (*year < kYearMin) return std::chrono::sys_days{std::chrono::year{kYearMin} / 1 / 1};
  if (*year >= kYearMax) return std::chrono::sys_days{std::chrono::year{kYearMax} / 1 / 1};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end() || text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return std::nullopt;
  // The other form with other marks between the numbers.
  return parse_date(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - kMonths.begin() + 1, text.substr(5, 2),
                                text.substr(17, 8)));
}

}  // namespace peko::cloud

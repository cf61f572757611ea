/// Tables and times for people.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"

namespace peko::cli {

/// Lines of cells, each column as wide as its widest cell, two spaces between; the first line is the head. Text of
/// strangers in it cannot steer the terminal. Widths count characters, not bytes.
std::string table(const Terminal& out, const std::vector<std::vector<std::string>>& lines);

/// "2026-01-31 12:03Z"
std::string shown_time(std::chrono::system_clock::time_point time);
/// "just now", "3 min ago", "2 days ago"; a time to come is "just now": clocks differ.
std::string shown_age(std::chrono::system_clock::time_point time, std::chrono::system_clock::time_point now);
/// "2026-01-31T12:03:04.567Z", for programs.
std::string iso_time(std::chrono::system_clock::time_point time);

/// The first line of a text, cut after `characters_max` characters.
std::string shortened(std::string_view text, std::size_t characters_max);

}  // namespace peko::cli

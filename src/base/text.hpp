/// Small questions about text that several rooms ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peko {

/// How many insertions, deletions, replacements and swaps of neighbours turn `a` into `b` (optimal string alignment
/// distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to a mistyped `word`, when one is near enough to be what was meant: at most a third of its
/// letters differ.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string> candidates);

/// "999 B", "1.5 KiB", "128 MiB": for people.
std::string human_bytes(std::uint64_t bytes);

/// Without the spaces, tabs and line ends around it.
std::string_view trim(std::string_view text);

/// With the letters A to Z in lower case.
std::string lower_case(std::string_view text);

/// A word of a command line, as shells take it: in quotes where it needs them.
std::string shell_word(std::string_view word);

/// The parts between separators, empty ones included: "a,,b" has three. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace peko

#include "scaffold/names.hpp"

#include <algorithm>
#include <array>

#include "code/manifest_values.hpp"
#include "code/paths.hpp"

namespace peko::scaffold {
namespace {

/// What cargo refuses as a package's or a program's name, and names of crates that would hide the real ones.
constexpr std::array<std::string_view, 60> kNotForCargo = {
    "abstract", "alloc",  "as",     "async",  "await",   "become", "box",      "break", "build",       "const",
    "continue", "core",   "crate",  "deps",   "do",      "dyn",    "else",     "enum",  "examples",    "extern",
    "false",    "final",  "fn",     "for",    "gen",     "if",     "impl",     "in",    "incremental", "let",
    "loop",     "macro",  "match",  "mod",    "move",    "mut",    "override", "priv",  "proc-macro",  "pub",
    "ref",      "return", "self",   "static", "std",     "struct", "super",    "test",  "trait",       "true",
    "try",      "type",   "typeof", "unsafe", "unsized", "use",    "virtual",  "where", "while",       "yield"};

std::string crate_name(std::string_view function) {
  const bool taken = std::ranges::find(kNotForCargo, function) != kNotForCargo.end();
  const bool starts_well = function.front() >= 'a' && function.front() <= 'z';
  return std::string(taken || !starts_well ? "function-" : "").append(function);
}

}  // namespace

Result<Names> names_for(std::string_view function) {
  if (Status good = code::check_name(function); !good) return fail(std::move(good.error()));
  return Names{.function = std::string(function), .crate = crate_name(function)};
}

Result<Names> names_of(const std::filesystem::path& folder) {
  std::filesystem::path absolute = code::made_absolute(folder);
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // "my-app/"
  return names_for(absolute.filename().string());
}

}  // namespace peko::scaffold

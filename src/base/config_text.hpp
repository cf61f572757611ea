/// Settings text (TOML 1.0) read strictly: whatever is not understood is an error with its place, never ignored.
///
///   auto text = ConfigText::parse(bytes, "peko.toml");
///   if (!text) return fail(text.error());
///   ConfigTable root = text->root();
///   function.name = root.string("name").value_or("");
///   ConfigTable limits = root.table("limits");
///   if (auto mb = limits.integer("memory_mb", {.low = 1, .high = 4096})) ...
///   return text->finish();
///
/// Reading never stops at a mistake: the accessors note it and answer "absent", and finish() tells all of them at once,
/// each as `FILE:LINE:COLUMN: unknown key "memroy_mb" in [limits]; did you mean "memory_mb"?`.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace peko {

class ConfigTable;

/// A parsed text and the mistakes found in it so far. One thread.
class ConfigText {
 public:
  /// Larger texts are refused: no settings file is that long, and a parser's stack and time are not for strangers to
  /// choose.
  static constexpr std::size_t kBytesMax = 1U << 20U;

  /// Invalid with file, line and column when it is not TOML. `file` is how messages name it.
  static Result<ConfigText> parse(std::string_view text, std::string file);
  ConfigText(ConfigText&&) noexcept;
  ConfigText& operator=(ConfigText&&) noexcept;
  ~ConfigText();

  /// The keys outside of every [table]. Tables are views: they die with the text.
  [[nodiscard]] ConfigTable root();

  /// Success when every key was asked for and nothing was wrong; else Invalid, one line per mistake in the text's
  /// order.
  [[nodiscard]] Status finish();

 private:
  friend class ConfigTable;
  struct State;
  explicit ConfigText(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct ConfigRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

/// One table of a ConfigText, maybe absent. Asking for a key makes it known: ask for all, whatever the others say.
class ConfigTable {
 public:
  /// Each answers nothing when the key is absent, or present and wrong: then the mistake is noted.
  std::optional<std::string> string(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, ConfigRange range);
  /// Exactly one of `choices`; the mistake lists them.
  std::optional<std::string> choice(std::string_view key, const std::vector<std::string>& choices);
  std::optional<std::vector<std::string>> strings(std::string_view key);
  /// A table whose keys are the user's to choose and whose values are strings, in the order of the keys.
  std::vector<std::pair<std::string, std::string>> string_map(std::string_view key);
  /// A sub-table; an absent one answers nothing to every question.
  ConfigTable table(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const;
  /// Notes a mistake of the caller's finding at the key's value, or at the table when the key is absent:
  /// `FILE:LINE:COLUMN: MESSAGE`.
  void reject(std::string_view key, std::string message);

 private:
  friend class ConfigText;
  ConfigTable(ConfigText::State& state, std::size_t index) : state_(&state), index_(index) {}

  ConfigText::State* state_;
  std::size_t index_;  // in the state's list of tables
};

}  // namespace peko

#include "base/config_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/text.hpp"

namespace peko {
namespace {

// A key of this many parts ("a.b.c") is no setting. toml++ bounds nested brackets (256) but not dotted keys, and each
// part is a level of recursion when the tree is destroyed.
constexpr int kKeyPartsMax = 16;
constexpr std::size_t kMistakesShown = 20;

// The line that has a dotted key of too many parts, or 0. Counts dots between the signs that can surround a key,
// outside of strings.
std::size_t line_of_deep_key(std::string_view text) {
  std::size_t line = 1;
  int dots = 0;
  char quote = 0;
  bool comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      dots = 0;
      comment = false;
      quote = 0;
    } else if (comment) {
      continue;
    } else if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      comment = true;
    } else if (c == '.') {
      if (++dots >= kKeyPartsMax) return line;
    } else if (std::string_view("=,[]{}").contains(c)) {
      dots = 0;
    }
  }
  return 0;
}

std::string_view name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
    case toml::node_type::none: break;
  }
  return "nothing";
}

struct Place {
  std::size_t line = 1;
  std::size_t column = 1;

  auto operator<=>(const Place&) const = default;
};

Place place_of(const toml::source_region& source) {
  // A table that was never written as such (the root) has no place of its own.
  return {.line = std::max<std::size_t>(source.begin.line, 1), .column = std::max<std::size_t>(source.begin.column, 1)};
}

}  // namespace

struct ConfigText::State {
  struct Table {
    std::string name;  // "limits", or "" for the root
    const toml::table* toml;
    std::vector<std::string> known;
  };

  std::string file;
  toml::table root;
  std::deque<Table> tables;
  std::vector<std::pair<Place, std::string>> mistakes;

  void mistake(Place place, std::string message) { mistakes.emplace_back(place, std::move(message)); }

  // The value of a key that is asked for, or null.
  const toml::node* ask(std::size_t index, std::string_view key) {
    Table& table = tables[index];
    if (std::ranges::find(table.known, key) == table.known.end()) table.known.emplace_back(key);
    return table.toml == nullptr ? nullptr : table.toml->get(key);
  }

  void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
    mistake(place_of(node.source()), fmt::format("\"{}\" must be {}, not {}", key, wanted, name_of(node.type())));
  }

  [[nodiscard]] static std::string in(const Table& table) {
    return table.name.empty() ? std::string("outside of every [table]") : fmt::format("in [{}]", table.name);
  }

  void unknown_key(const Table& table, const toml::key& key) {
    std::string message = fmt::format("unknown key \"{}\" {}", key.str(), in(table));
    const auto owner = std::ranges::find_if(
        tables, [&](const Table& other) { return std::ranges::find(other.known, key.str()) != other.known.end(); });
    if (const auto meant = nearest(key.str(), table.known)) {
      message += fmt::format("; did you mean \"{}\"?", *meant);
    } else if (owner != tables.end()) {
      message += fmt::format("; it belongs {}", in(*owner));
    } else {
      auto known = table.known;
      std::ranges::sort(known);
      message += "; known here:";
      for (const auto& name : known) message += " " + name;
    }
    mistake(place_of(key.source()), std::move(message));
  }
};

ConfigText::ConfigText(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConfigText::ConfigText(ConfigText&&) noexcept = default;
ConfigText& ConfigText::operator=(ConfigText&&) noexcept = default;
ConfigText::~ConfigText() = default;

Result<ConfigText> ConfigText::parse(std::string_view text, std::string file) {
  if (text.size() > kBytesMax)
    return fail(Code::Invalid, fmt::format("{}:1:1: larger than {}", file, human_bytes(kBytesMax)));
  if (const std::size_t line = line_of_deep_key(text); line != 0) {
    return fail(Code::Invalid, fmt::format("{}:{}:1: a key has {} parts or more", file, line, kKeyPartsMax));
  }
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const Place place = place_of(parsed.error().source());
    return fail(Code::Invalid,
                fmt::format("{}:{}:{}: {}", file, place.line, place.column, parsed.error().description()));
  }
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->root = std::move(parsed).table();
  state->tables.push_back({.name = "", .toml = &state->root, .known = {}});
  return ConfigText(std::move(state));
}

ConfigTable ConfigText::root() { return {*state_, 0}; }

Status ConfigText::finish() {
  for (const auto& table : state_->tables) {
    if (table.toml == nullptr) continue;
    for (const auto& [key, node] : *table.toml) {
      if (std::ranges::find(table.known, key.str()) == table.known.end()) state_->unknown_key(table, key);
    }
  }
  auto mistakes = std::move(state_->mistakes);
  state_->mistakes.clear();
  if (mistakes.empty()) return {};
  std::ranges::sort(mistakes);
  std::string message;
  for (std::size_t i = 0; i < mistakes.size() && i < kMistakesShown; ++i) {
    const auto& [place, what] = mistakes[i];
    if (i != 0) message += '\n';
    message += fmt::format("{}:{}:{}: {}", state_->file, place.line, place.column, what);
  }
  if (mistakes.size() > kMistakesShown) message += fmt::format("\nand {} more", mistakes.size() - kMistakesShown);
  return fail(Code::Invalid, std::move(message));
}

std::optional<std::string> ConfigTable::string(std::string_view key) {
  const toml::node* node = state_->ask(index_, key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return value->get();
  state_->wrong_type(key, *node, "a string (in quotes)");
  return std::nullopt;
}

std::optional<std::int64_t> ConfigTable::integer(std::string_view key, ConfigRange range) {
  const toml::node* node = state_->ask(index_, key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    state_->wrong_type(key, *node, "a whole number");
    return std::nullopt;
  }
  if (value->get() >= range.low && value->get() <= range.high) return value->get();
  std::string wanted = fmt::format("from {} to {}", range.low, range.high);
  if (range.high == ConfigRange{}.high) wanted = fmt::format("at least {}", range.low);
  state_->mistake(place_of(node->source()), fmt::format("\"{}\" must be {}, not {}", key, wanted, value->get()));
  return std::nullopt;
}

std::optional<std::string> ConfigTable::choice(std::string_view key, const std::vector<std::string>& choices) {
  auto value = string(key);
  if (!value || std::ranges::find(choices, *value) != choices.end()) return value;
  std::string message = fmt::format("\"{}\" must be one of", key);
  for (const auto& choice : choices)
    message += fmt::format("{} \"{}\"", &choice == &choices.front() ? "" : ",", choice);
  message += fmt::format(", not \"{}\"", *value);
  reject(key, std::move(message));
  return std::nullopt;
}

std::optional<std::vector<std::string>> ConfigTable::strings(std::string_view key) {
  const toml::node* node = state_->ask(index_, key);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    state_->wrong_type(key, *node, "a list of strings");
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (const auto& element : *array) {
    if (const auto* value = element.as_string()) {
      values.push_back(value->get());
    } else {
      state_->wrong_type(key, element, "a list of strings");
      return std::nullopt;
    }
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> ConfigTable::string_map(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> entries;
  const toml::node* node = state_->ask(index_, key);
  if (node == nullptr) return entries;
  const toml::table* map = node->as_table();
  if (map == nullptr) {
    state_->wrong_type(key, *node, "a table of strings");
    return entries;
  }
  for (const auto& [name, element] : *map) {
    if (const auto* value = element.as_string()) {
      entries.emplace_back(name.str(), value->get());
    } else {
      state_->wrong_type(fmt::format("{}.{}", key, name.str()), element, "a string (in quotes)");
    }
  }
  return entries;
}

ConfigTable ConfigTable::table(std::string_view key) {
  const toml::node* node = state_->ask(index_, key);
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (node != nullptr && table == nullptr) state_->wrong_type(key, *node, "a table");
  const std::string& parent = state_->tables[index_].name;
  std::string name = parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
  const auto known = std::ranges::find(state_->tables, name, &ConfigText::State::Table::name);
  if (known != state_->tables.end()) return {*state_, static_cast<std::size_t>(known - state_->tables.begin())};
  state_->tables.push_back({.name = std::move(name), .toml = table, .known = {}});
  return {*state_, state_->tables.size() - 1};
}

bool ConfigTable::has(std::string_view key) const {
  const toml::table* table = state_->tables[index_].toml;
  return table != nullptr && table->contains(key);
}

void ConfigTable::reject(std::string_view key, std::string message) {
  const toml::table* table = state_->tables[index_].toml;
  Place place;
  if (table != nullptr) {
    const toml::node* node = table->get(key);
    place = place_of(node == nullptr ? table->source() : node->source());
  }
  state_->mistake(place, std::move(message));
}

}  // namespace peko

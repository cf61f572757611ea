#include "cli/completion.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "scaffold/templates.hpp"

namespace peko::cli {
namespace {

using Also = Completions::Also;

/// What a value is. Others complete to nothing: a port, a number, a text.
enum class Value { Nothing, Files, Folders, Functions, Versions, Secrets, Templates, Shells, Choice };

struct Rule {
  std::string_view command;  ///< "secret set"; empty: any
  std::string_view value;    ///< what the help calls it
  Value is;
};

/// The first that fits counts.
constexpr std::array kRules = {
    Rule{.command = "new", .value = "NAME", .is = Value::Nothing},  // a new one
    Rule{.command = "new", .value = "PATH", .is = Value::Folders},
    Rule{.command = "", .value = "TEMPLATE", .is = Value::Templates},
    Rule{.command = "secret set", .value = "KEY", .is = Value::Nothing},
    Rule{.command = "", .value = "NAME", .is = Value::Functions},
    Rule{.command = "", .value = "FUNCTION", .is = Value::Functions},
    Rule{.command = "", .value = "VERSION", .is = Value::Versions},
    Rule{.command = "", .value = "KEY", .is = Value::Secrets},
    Rule{.command = "", .value = "SHELL", .is = Value::Shells},
    Rule{.command = "", .value = "FILE", .is = Value::Files},
    Rule{.command = "", .value = "PATH", .is = Value::Files},
    Rule{.command = "", .value = "FOLDER", .is = Value::Folders},
};

/// Where the words before the last one lead.
struct Place {
  const CommandWords* command;
  std::string name;                 ///< "secret set"
  const FlagWords* flag = nullptr;  ///< its value comes next
  std::vector<std::string> arguments;
  std::vector<std::string> flags;  ///< that were given
  bool flags_ended = false;        ///< by "--"
};

const FlagWords* find_flag(const CommandWords& command, std::string_view name) {
  const auto found = std::ranges::find(command.flags, name, &FlagWords::name);
  return found == command.flags.end() ? nullptr : &*found;
}

void follow(Place& place, const std::string& word) {
  if (place.flag != nullptr) {
    place.flag = nullptr;
    return;
  }
  if (word.starts_with('-') && !place.flags_ended) {
    place.flags_ended = word == "--";
    const std::string name = word.substr(0, word.find('='));
    const FlagWords* flag = find_flag(*place.command, name);
    place.flags.push_back(name);
    if (flag != nullptr && !flag->value.empty() && name == word) place.flag = flag;
    return;
  }
  const auto child = std::ranges::find(place.command->commands, word, &CommandWords::name);
  if (child == place.command->commands.end()) {
    place.arguments.push_back(word);
    return;
  }
  place.command = &*child;
  place.name += (place.name.empty() ? "" : " ") + word;
}

/// The words of "text|json|off" that are meant as they stand: HOST:PORT|off has one.
std::vector<std::string> choice(std::string_view value) {
  std::vector<std::string> words;
  for (const std::string_view part : split(value, '|')) {
    if (std::ranges::none_of(part, [](unsigned char c) { return std::isupper(c) != 0; })) words.emplace_back(part);
  }
  return words;
}

class Completing {
 public:
  Completing(const Place& place, const StoreNames& store) : place_(place), store_(store) {}

  /// `before` stands before each value: "--log=" or nothing.
  void value(std::string_view called, std::string_view begun, std::string_view before) {
    switch (kind_of(called)) {
      case Value::Nothing: break;
      case Value::Files: result.also = Also::Files; break;
      case Value::Folders: result.also = Also::Folders; break;
      case Value::Functions: add(store_.functions(), begun, before); break;
      case Value::Versions: add(store_.versions(function()), begun, before); break;
      case Value::Secrets: add(store_.secrets(function()), begun, before); break;
      case Value::Templates:
        for (const scaffold::Template& each : scaffold::templates()) {
          one(std::string(before).append(each.name), each.about, std::string(before).append(begun));
        }
        break;
      case Value::Shells: add({"bash", "zsh", "fish"}, begun, before); break;
      case Value::Choice: add(choice(called), begun, before); break;
    }
  }

  void flags(std::string_view begun) {
    for (const FlagWords& flag : place_.command->flags) {
      const bool given = std::ranges::find(place_.flags, flag.name) != place_.flags.end();
      if (!given || flag.repeats) one(flag.name, flag.help, begun);
    }
  }

  void commands(std::string_view begun) {
    for (const CommandWords& command : place_.command->commands) {
      if (!command.internal) one(command.name, command.about, begun);
    }
    if (place_.name.empty()) one("help", "The help of a command", begun);
  }

  void arguments(std::string_view begun) {
    const std::vector<ArgumentWords>& known = place_.command->arguments;
    const std::size_t index = place_.arguments.size();
    if (index < known.size()) {
      value(known[index].name, begun, "");
    } else if (!known.empty() && known.back().repeats) {
      value(known.back().name, begun, "");
    }
  }

  Completions result;

 private:
  [[nodiscard]] Value kind_of(std::string_view called) const {
    // --code takes folders and buckets: a folder can be completed.
    if (called == "URL")
      return place_.flag != nullptr && place_.flag->name == "--code" ? Value::Folders : Value::Nothing;
    for (const Rule& rule : kRules) {
      if (rule.value == called && (rule.command.empty() || rule.command == place_.name)) return rule.is;
    }
    return called.contains('|') ? Value::Choice : Value::Nothing;
  }

  [[nodiscard]] std::string function() const {
    return place_.arguments.empty() ? std::string() : place_.arguments.front();
  }

  void one(std::string_view word, std::string_view about, std::string_view begun) {
    if (word.starts_with(begun)) result.candidates.push_back({.word = std::string(word), .about = std::string(about)});
  }

  void add(const std::vector<std::string>& words, std::string_view begun, std::string_view before) {
    for (const std::string& word : words) {
      if (word.starts_with(begun)) result.candidates.push_back({.word = std::string(before) + word, .about = {}});
    }
  }

  const Place& place_;
  const StoreNames& store_;
};

}  // namespace

Completions complete(const CommandWords& peko, std::span<const std::string> typed, const StoreNames& store) {
  if (typed.empty()) return {};
  Place place{.command = &peko, .name = {}, .arguments = {}, .flags = {}};
  for (const std::string& word : typed.first(typed.size() - 1)) {
    if (word == "help" && place.name.empty()) continue;  // `peko help dev`
    follow(place, word);
  }
  const std::string& last = typed.back();
  const auto equals = last.find('=');
  const FlagWords* const assigned =
      equals == std::string::npos || place.flags_ended ? nullptr : find_flag(*place.command, last.substr(0, equals));
  if (place.flag == nullptr && assigned != nullptr) {
    place.flag = assigned;
    Completing completing(place, store);
    completing.value(assigned->value, last.substr(equals + 1), last.substr(0, equals + 1));
    return std::move(completing.result);
  }
  Completing completing(place, store);
  if (place.flag != nullptr) {
    completing.value(place.flag->value, last, "");
  } else if (last.starts_with('-') && !place.flags_ended) {
    completing.flags(last);
  } else if (!place.command->commands.empty()) {
    completing.commands(last);
  } else {
    completing.arguments(last);
  }
  return std::move(completing.result);
}

std::string value_of_flag(std::span<const std::string> typed, std::string_view flag) {
  for (std::size_t i = 0; i + 1 < typed.size(); ++i) {
    if (typed[i] == flag) return typed[i + 1];
    if (typed[i].starts_with(flag) && typed[i].substr(flag.size()).starts_with('=')) {
      return typed[i].substr(flag.size() + 1);
    }
  }
  return {};
}

}  // namespace peko::cli

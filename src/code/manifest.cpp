#include "code/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/config_text.hpp"
#include "base/file.hpp"
#include "code/manifest_values.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"
#include "keyvalue/check.hpp"

namespace peko::code {
namespace {

void read_limits(ConfigTable root, const LimitsMax& maxima, Function& function) {
  for (const LimitRow& row : limit_table()) {
    ConfigTable table = root.table(row.table);
    const ConfigRange range{.low = static_cast<std::int64_t>(row.low), .high = static_cast<std::int64_t>(row.high)};
    const auto given = table.integer(row.manifest_key(), range);
    if (!given) {
      continue;
    }
    const auto value = static_cast<std::uint64_t>(*given);
    row.set(function, value);
    if (!maxima.permits(row.limit, value)) {
      table.reject(row.manifest_key(), above_maximum(row, value, maxima));
    }
  }
  // The wasm stack has one size for the whole engine, so nothing else can be promised.
  constexpr std::int64_t kStackKb = engine::kStackBytes >> 10;
  ConfigTable limits = root.table("limits");
  const auto stack = limits.integer("stack_kb", {.low = 1, .high = kStackKb});
  if (stack && *stack != kStackKb) {
    limits.reject("stack_kb",
                  fmt::format("\"stack_kb\" must be {}: all functions of a node have stacks of one size", kStackKb));
  }
}

/// A list of at most `most` words, each checked and brought to its form by `check`, none twice.
template <typename Word>
std::vector<Word> read_words(ConfigTable table, std::string_view key, std::size_t most,
                             Result<Word> (*check)(std::string_view)) {
  std::vector<Word> words;
  const auto given = table.strings(key);
  if (!given) {
    return words;
  }
  if (given->size() > most) {
    table.reject(key, fmt::format("\"{}\" has {} entries, at most {} are allowed", key, given->size(), most));
    return words;
  }
  for (const std::string& text : *given) {
    Result<Word> word = check(text);
    if (!word) {
      table.reject(key, std::move(word.error().message));
    } else if (std::ranges::find(words, *word) != words.end()) {
      table.reject(key, fmt::format("\"{}\" stands twice in \"{}\"", text, key));
    } else {
      words.push_back(std::move(*word));
    }
  }
  return words;
}

void read_environment(ConfigTable root, Function& function) {
  function.environment = root.string_map("env");
  std::size_t bytes = 0;
  for (const auto& [name, value] : function.environment) {
    bytes += name.size() + value.size();
    if (Status good = check_variable(name, value); !good) {
      root.reject("env", std::move(good.error().message));
    }
  }
  if (bytes > kEnvironmentBytesMax) {
    root.reject("env", fmt::format("[env] has {} bytes, at most {} are allowed", bytes, kEnvironmentBytesMax));
  }
}

/// After [env]: both become members of a script's `env`.
void read_stores(ConfigTable table, Function& function) {
  function.stores = read_words(table, "stores", keyvalue::kStoresMax, store_name);
  for (const std::string& store : function.stores) {
    const auto same = [&store](const auto& entry) { return entry.first == store; };
    if (std::ranges::any_of(function.environment, same)) {
      table.reject("stores", fmt::format("\"{}\" is also a variable in [env]: give one of them another name", store));
    }
  }
}

/// What a manifest and the settings in a store have in common.
void read_shared(ConfigTable root, const LimitsMax& maxima, Function& function) {
  function.routes = read_words(root, "routes", kRoutesMax, route);
  read_environment(root, function);
  read_limits(root, maxima, function);
  read_stores(root.table("keyvalue"), function);
  function.outbound_allow = read_words(root.table("http"), "allow", kOriginsMax, engine::OriginPattern::parse);
  ConfigTable instances = root.table("instances");
  function.reuse = instances.choice("reuse", {"auto", "never"}) == "never" ? Reuse::Never : Reuse::Auto;
  if (const auto idle = instances.integer("idle_seconds", {.low = 1, .high = 86'400})) {
    function.idle = std::chrono::seconds(*idle);
  }
}

void read_name(ConfigTable root, Function& function) {
  const auto name = root.string("name");
  if (!root.has("name")) {
    root.reject("name", "\"name\" is missing: the function's name, for instance name = \"hello\"");
  }
  if (!name) {
    return;
  }
  function.name = *name;
  if (name->empty()) {
    root.reject("name", "\"name\" is empty");
  } else if (Status good = check_name(*name); !good) {
    root.reject("name", std::move(good.error().message));
  }
}

/// The folder that holds the manifest, or one above it, would publish sources and settings.
void read_assets(ConfigTable root, const std::filesystem::path& folder, Function& function) {
  const auto given = root.string("assets");
  if (!given) {
    return;
  }
  const std::filesystem::path assets = made_absolute(folder / *given / "");
  const auto relative = (folder / "").lexically_relative(assets);
  if (given->empty() || relative == "." || (!relative.empty() && *relative.begin() != "..")) {
    root.reject("assets", fmt::format("\"assets\" must be a folder of its own, for instance \"public\": \"{}\" holds "
                                      "peko.toml, and all files in it would be public",
                                      *given));
    return;
  }
  function.assets = assets.parent_path();
}

/// The paths are relative to the manifest's folder.
void read_code_and_build(ConfigTable root, const std::filesystem::path& folder, Function& function) {
  const bool given = root.has("component");
  const auto component = root.string("component");
  const bool is_script = root.has("script");
  const auto script = root.string("script");
  if (given && is_script) {
    root.reject("script", "there are both \"component\" and \"script\": a function is one of them");
  } else if (!given && !is_script && !root.has("assets")) {
    root.reject("component",
                "\"component\" is missing: the path of the .wasm file that the build makes; or name a "
                "JavaScript or TypeScript file by \"script\", or a folder of static files by \"assets\"");
  } else if (component && component->empty()) {
    root.reject("component", "\"component\" is empty");
  } else if (component) {
    function.component = (folder / *component).lexically_normal();
  } else if (script && !code::is_script(*script)) {
    root.reject("script",
                fmt::format("\"{}\" is no script: its name ends in .ts, .js, .tsx, .jsx, .mts or .mjs", *script));
  } else if (script) {
    function.script = (folder / *script).lexically_normal();
  }
  ConfigTable build = root.table("build");
  function.build_command = build.string("command").value_or("");
  for (const std::string& path : build.strings("watch").value_or(std::vector<std::string>{})) {
    function.build_watch.push_back((folder / path).lexically_normal());
  }
}

Result<ConfigText> open_text(const std::filesystem::path& file) {
  const Result<std::string> bytes = read_file(file, ConfigText::kBytesMax);
  if (!bytes) {
    return fail(bytes.error());
  }
  return ConfigText::parse(*bytes, shown(file));
}

}  // namespace

Result<Function> read_manifest(const std::filesystem::path& file, const LimitsMax& maxima) {
  Result<ConfigText> text = open_text(file);
  if (!text) {
    return fail(std::move(text.error()));
  }
  Function function = function_within(maxima);
  function.manifest = made_absolute(file);
  ConfigTable root = text->root();
  read_name(root, function);
  read_assets(root, function.manifest.parent_path(), function);
  read_code_and_build(root, function.manifest.parent_path(), function);
  read_shared(root, maxima, function);
  if (Status good = text->finish(); !good) {
    return fail(std::move(good.error()));
  }
  return function;
}

Status read_store_settings(std::string_view bytes, std::string file, const LimitsMax& maxima, Function& function) {
  Result<ConfigText> text = ConfigText::parse(bytes, std::move(file));
  if (!text) {
    return fail(std::move(text.error()));
  }
  ConfigTable root = text->root();
  if (const auto name = root.string("name"); name && *name != function.name) {
    root.reject(
        "name",
        fmt::format("\"name\" is \"{}\", but the file is the settings of \"{}\": leave it out or rename the files",
                    *name, function.name));
  }
  read_shared(root, maxima, function);
  return text->finish();
}

}  // namespace peko::code

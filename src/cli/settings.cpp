#include "cli/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/config_text.hpp"
#include "base/file.hpp"
#include "cli/setting_values.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

using Kind = Setting::Kind;
using For = Setting::For;

/// Stores a value that was read well, or hands its error on.
template <typename Target, typename Value>
Status keep(Target& target, Result<Value> value) {
  if (!value) {
    return fail(std::move(value.error()));
  }
  target = static_cast<Target>(std::move(*value));
  return {};
}

/// The most instances: three memories of 4 GiB of address space each must fit into 47 bits.
constexpr std::uint64_t kInstancesMax = 10'000;

constexpr std::array kSettings = {
    Setting{"listen", "PEKO_LISTEN", "--listen", "HOST:PORT", "where users' requests come in", Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.listen, listen_address(text)); }},
    Setting{"code", "PEKO_CODE", "--code", "FOLDER", "the code store, a folder with functions/NAME.wasm", Kind::Path,
            For::Serve, [](Settings& s, std::string_view text) { return keep(s.code, code_folder(text)); }},
    Setting{"domain", "PEKO_DOMAIN", "--domain", "NAME", "a function answers at its name below this domain", Kind::Text,
            For::Both, [](Settings& s, std::string_view text) { return keep(s.node.domain, domain_name(text)); }},
    Setting{"default", "PEKO_DEFAULT", "--default", "FUNCTION", "answers every host that names no function", Kind::Text,
            For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.default_function, not_empty(text)); }},
    Setting{"threads", "PEKO_THREADS", "--threads", "N", "threads that serve requests; 0: one per core", Kind::Number,
            For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.threads, whole_number(text, 0, 1024)); }},
    Setting{"instances", "PEKO_INSTANCES", "--instances", "N", "instances alive at once, of all functions",
            Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.instances_max, whole_number(text, 1, kInstancesMax));
            }},
    Setting{"log", "PEKO_LOG", "--log", "text|json|off", "a line a request for people, for machines, or none",
            Kind::Text, For::Both,
            [](Settings& s, std::string_view text) { return keep(s.node.log_format, log_format(text)); }},
    Setting{"cache_dir", "PEKO_CACHE_DIR", "--cache-dir", "FOLDER", "where compiled functions are kept", Kind::Path,
            For::Both, [](Settings& s, std::string_view text) { return keep(s.node.cache_dir, not_empty(text)); }},
    Setting{"clock_resolution_us", "PEKO_CLOCK_RESOLUTION_US", "--clock-resolution-us", "N",
            "steps in which functions see time: coarse, so that a clock is no weapon", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.clock_resolution, microseconds(whole_number(text, 1, 1'000'000)));
            }},
    Setting{"drain_seconds", "PEKO_DRAIN_SECONDS", "--drain-seconds", "N",
            "how long requests in flight may take to end after SIGTERM", Kind::Number, For::Both,
            [](Settings& s, std::string_view text) {
              return keep(s.node.drain_timeout, seconds(whole_number(text, 0, 3600)));
            }},
};

std::filesystem::path default_cache(const Environment& environment) {
  // Relative values of XDG_CACHE_HOME are ignored, as the XDG Base Directory Specification says.
  if (const auto cache = environment.find("XDG_CACHE_HOME");
      cache != environment.end() && cache->second.starts_with('/')) {
    return std::filesystem::path(cache->second) / "peko";
  }
  if (const auto home = environment.find("HOME"); home != environment.end() && home->second.starts_with('/')) {
    return std::filesystem::path(home->second) / ".cache" / "peko";
  }
  return {};
}

/// The value of a key as text, or nothing when it is absent or of the wrong type (which is noted).
std::optional<std::string> text_of(ConfigTable root, const Setting& setting) {
  switch (setting.kind) {
    case Kind::Text:
    case Kind::Path: return root.string(setting.key);
    case Kind::Number: {
      const auto number = root.integer(setting.key, {.low = 0});
      return number ? std::optional(std::to_string(*number)) : std::nullopt;
    }
  }
  return std::nullopt;
}

/// Paths in a file are relative to the file's folder, so that it means the same from wherever a node is started.
std::string from_folder(const std::filesystem::path& folder, const std::string& path) {
  const bool relative = !path.empty() && path.find("://") == std::string::npos && !path.starts_with('/');
  return relative ? (folder / path).lexically_normal().string() : path;
}

Status apply_file(const std::filesystem::path& file, Settings& settings) {
  const Result<std::string> bytes = read_file(file, ConfigText::kBytesMax);
  if (!bytes) {
    return fail(bytes.error());
  }
  Result<ConfigText> text = ConfigText::parse(*bytes, code::shown(file));
  if (!text) {
    return fail(std::move(text.error()));
  }
  const std::filesystem::path folder = code::made_absolute(file).parent_path();
  ConfigTable root = text->root();
  for (const Setting& setting : kSettings) {
    const auto value = text_of(root, setting);
    if (!value) {
      continue;
    }
    if (Status set = setting.set(settings, setting.kind == Kind::Path ? from_folder(folder, *value) : *value); !set) {
      root.reject(setting.key, std::move(set.error()).within(fmt::format("\"{}\"", setting.key)).message);
    }
  }
  return text->finish();
}

bool concerns(const Setting& setting, Command command) {
  return setting.commands == For::Both || command == Command::Serve;
}

Status apply_environment(const Sources& sources, Settings& settings) {
  for (const Setting& setting : kSettings) {
    const auto variable = sources.environment.find(setting.environment);
    if (variable == sources.environment.end() || variable->second.empty() || !concerns(setting, sources.command)) {
      continue;
    }
    if (Status set = setting.set(settings, variable->second); !set) {
      return fail(std::move(set.error()), setting.environment);
    }
  }
  return {};
}

Status apply_flags(const Flags& flags, Settings& settings) {
  for (const auto& [key, text] : flags) {
    const Setting* setting = find_setting(key);
    PEKO_ASSERT(setting != nullptr, "the command line has only flags of the table");
    if (Status set = setting->set(settings, text); !set) {
      return fail(std::move(set.error()), setting->flag);
    }
  }
  return {};
}

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view key) {
  const auto* const found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : found;
}

Settings default_settings(Command command, const Environment& environment, Terminal::Kind err) {
  Settings settings;
  settings.node.cache_dir = default_cache(environment).string();
  if (command == Command::Dev) {
    settings.node.listen = "127.0.0.1:3000";
    settings.node.log_format = node::LogFormat::Text;
    settings.node.fault_detail = node::FaultDetail::Show;  // whoever asks is whoever writes it
  } else {
    settings.node.listen = "0.0.0.0:8080";
    settings.node.log_format = err == Terminal::Kind::Plain ? node::LogFormat::Json : node::LogFormat::Text;
  }
  return settings;
}

Result<Settings> merge_settings(Settings defaults, const Sources& sources) {
  Settings settings = std::move(defaults);
  if (sources.file) {
    if (Status read = apply_file(*sources.file, settings); !read) {
      return fail(std::move(read.error()));
    }
  }
  if (Status read = apply_environment(sources, settings); !read) {
    return fail(std::move(read.error()));
  }
  if (Status read = apply_flags(sources.flags, settings); !read) {
    return fail(std::move(read.error()));
  }
  if (settings.node.cache_dir.empty()) {
    return fail(Code::Invalid,
                "no folder for compiled functions is known (HOME is not set): give --cache-dir or PEKO_CACHE_DIR");
  }
  settings.node.cache_dir = code::made_absolute(settings.node.cache_dir).string();
  return settings;
}

}  // namespace peko::cli

#include "cli/settings.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/config_text.hpp"
#include "base/file.hpp"
#include "cli/setting_values.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

using Kind = Setting::Kind;

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

/// `peko dev`: beside the project. `peko serve`: where the service manager says (systemd: StateDirectory=), else where
/// programs of a user keep data.
std::filesystem::path default_data(Command command, const Environment& environment) {
  if (command == Command::Dev) {
    return std::filesystem::path(".peko") / "data";
  }
  const auto absolute = [&environment](const char* name) -> std::filesystem::path {
    const auto value = environment.find(name);
    return value != environment.end() && value->second.starts_with('/') ? value->second : std::string();
  };
  // May be several, with colons between them.
  if (const std::string state = absolute("STATE_DIRECTORY"); !state.empty()) {
    return state.substr(0, state.find(':'));
  }
  if (const std::filesystem::path data = absolute("XDG_DATA_HOME"); !data.empty()) {
    return data / "peko";
  }
  const std::filesystem::path home = absolute("HOME");
  return home.empty() ? home : home / ".local" / "share" / "peko";
}

/// A setting's place in the file.
struct Place {
  ConfigTable table;
  std::string_view key;  ///< in the table
};

Place place_of(ConfigTable root, const Setting& setting) {
  const auto dot = setting.key.find('.');
  if (dot == std::string_view::npos) {
    return {root, setting.key};
  }
  return {root.table(setting.key.substr(0, dot)), setting.key.substr(dot + 1)};
}

/// The value of a key as text, or nothing when it is absent or of the wrong type (which is noted).
std::optional<std::string> text_of(Place place, Kind kind) {
  switch (kind) {
    case Kind::Text:
    case Kind::Path: return place.table.string(place.key);
    case Kind::Number: {
      const auto number = place.table.integer(place.key, {.low = 0});
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
  for (const Setting& setting : all_settings()) {
    Place place = place_of(root, setting);
    const auto value = text_of(place, setting.kind);
    if (!value) {
      continue;
    }
    if (Status set = setting.set(settings, setting.kind == Kind::Path ? from_folder(folder, *value) : *value); !set) {
      place.table.reject(place.key, std::move(set.error()).within(fmt::format("\"{}\"", setting.key)).message);
    }
  }
  return text->finish();
}

Status apply_environment(const Sources& sources, Settings& settings) {
  for (const Setting& setting : all_settings()) {
    const auto variable = sources.environment.find(setting.environment);
    if (variable == sources.environment.end() || variable->second.empty() || !takes(sources.command, setting)) {
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

std::string_view command_name(Command command) {
  switch (command) {
    case Command::New: return "new";
    case Command::Dev: return "dev";
    case Command::Serve: return "serve";
    case Command::Check: return "check";
    case Command::Build: return "build";
    case Command::Deploy: return "deploy";
    case Command::Versions: return "versions";
    case Command::Rollback: return "rollback";
    case Command::Collect: return "gc";
    case Command::Delete: return "delete";
    case Command::SecretSet: return "secret set";
    case Command::SecretList: return "secret list";
    case Command::SecretRemove: return "secret remove";
    case Command::Logs: return "logs";
    case Command::Doctor: return "doctor";
    case Command::Completion: return "completion";
    case Command::Man: return "man";
    case Command::Version: return "version";
    case Command::CompleteWords: return "complete-words";
    case Command::CompileWorker: return "compile-worker";
    case Command::SymboliseWorker: return "symbolise-worker";
  }
  return "";
}

Settings default_settings(Command command, const Environment& environment, Terminal::Kind err) {
  Settings settings;
  settings.node.cache_dir = default_cache(environment).string();
  settings.node.data_dir = default_data(command, environment).string();
  if (command == Command::Dev) {
    settings.node.listen = "127.0.0.1:3000";
    settings.node.admin = "127.0.0.1:7070";
    settings.node.admin_port = node::AdminPort::Any;
    settings.node.log_format = node::LogFormat::Text;
    settings.node.timing = edge::TimingPolicy::For::Everybody;
    // A developer's function may talk to an API on the same machine.
    settings.node.outbound_allow_ranges = *address_ranges("127.0.0.0/8,::1");
    settings.node.fault_detail = node::FaultDetail::Show;  // whoever asks is whoever writes it
  } else {
    settings.node.listen = "0.0.0.0:8080";
    settings.node.admin = "127.0.0.1:7070";
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
  const bool node = sources.command == Command::Dev || sources.command == Command::Serve;
  if (!node) {
    return settings;
  }
  if (settings.node.cache_dir.empty()) {
    return fail(Code::Invalid,
                "no folder for compiled functions is known (HOME is not set): give --cache-dir or PEKO_CACHE_DIR");
  }
  settings.node.cache_dir = code::made_absolute(settings.node.cache_dir).string();
  if (!settings.node.data_dir.empty()) {
    settings.node.data_dir = code::made_absolute(settings.node.data_dir).string();
  }
  if (!settings.node.key_file.empty()) {
    settings.node.key_file = code::made_absolute(settings.node.key_file).string();
  }
  return settings;
}

}  // namespace peko::cli

#include "cloud/profile.hpp"

#include <fmt/core.h>

#include "base/file.hpp"
#include "cloud/ini.hpp"

namespace peko::cloud {
namespace {

// Real ones have some kilobytes.
constexpr std::size_t kFileBytesMax = 1U << 20U;

enum class File : std::uint8_t { Credentials, Config };

std::string path_of(const Environment& environment, File file) {
  const std::string home = value_of(environment, "HOME");
  std::string path = value_of(environment, file == File::Config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty() && !home.empty()) path = file == File::Config ? "~/.aws/config" : "~/.aws/credentials";
  if (path.starts_with("~/")) path.replace(0, 1, home);
  return path;
}

// Of a config file "profile NAME", and "default" without the word as well.
bool names(const IniSection& section, std::string_view profile, File file) {
  if (file == File::Credentials) return section.name == profile;
  return section.name == fmt::format("profile {}", profile) || (profile == "default" && section.name == profile);
}

// Adds what a file says to the profile, in place of what it has.
Status add_file(Profile& profile, const std::string& path, File file) {
  if (path.empty()) return {};
  profile.files += fmt::format("{}{}", profile.files.empty() ? "" : " and ", path);
  const auto text = read_file(path, kFileBytesMax);
  if (!text) {
    if (text.error().code == Code::NotFound) return {};
    return fail(text.error());
  }
  const auto sections = parse_ini(*text);
  if (!sections) return fail(sections.error(), path);
  for (const IniSection& section : *sections) {
    if (!names(section, profile.name, file)) continue;
    profile.found = true;
    for (const auto& [name, value] : section.values) profile.values.insert_or_assign(name, value);
  }
  return {};
}

}  // namespace

std::string Profile::value(std::string_view key) const {
  const auto at = values.find(key);
  return at == values.end() ? std::string() : at->second;
}

Result<Profile> Profile::read(const Environment& environment) {
  Profile profile{.name = value_of(environment, "AWS_PROFILE")};
  profile.chosen = profile.name.empty() ? Chosen::ByDefault : Chosen::ByName;
  if (profile.name.empty()) profile.name = "default";
  for (const File file : {File::Config, File::Credentials}) {
    if (const auto added = add_file(profile, path_of(environment, file), file); !added) return fail(added.error());
  }
  return profile;
}

Result<std::string> default_region(const Environment& environment) {
  for (const std::string_view name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = value_of(environment, name); !region.empty()) return region;
  }
  const auto profile = Profile::read(environment);
  if (!profile) return fail(profile.error());
  return profile->value("region");
}

}  // namespace peko::cloud

#include "scaffold/templates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "code/limit_table.hpp"
#include "code/manifest.hpp"
#include "code/test_folder.hpp"

namespace peko::scaffold {
namespace {

const Names kNames{.function = "my-app", .crate = "my-crate"};

const TemplateFile& file_of(std::string_view chosen, std::string_view path) {
  for (const TemplateFile& file : find_template(chosen)->files) {
    if (file.path == path) return file;
  }
  static const TemplateFile none{};
  ADD_FAILURE() << path << " is missing";
  return none;
}

TEST(Templates, AreFoundByName) {
  ASSERT_NE(find_template("rust"), nullptr);
  EXPECT_EQ(find_template("rust")->language, "Rust");
  EXPECT_EQ(find_template("rast"), nullptr);
  EXPECT_EQ(templates().front().name, "rust");
}

TEST(Templates, HaveNamesOfTheirOwnAndWhatAPersonNeeds) {
  std::set<std::string_view> names;
  for (const Template& each : templates()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_FALSE(each.test.empty()) << each.name;
    for (const std::string_view path : {"peko.toml", "README.md", ".gitignore"}) {
      EXPECT_TRUE(each.has(path)) << each.name << " has no " << path;
    }
    for (const TemplateFile& file : each.files) {
      EXPECT_FALSE(file.path.starts_with('/') || file.path.contains("..")) << file.path;
    }
  }
}

TEST(Templates, HaveTheNamesInPlaceOfTheirMarks) {
  for (const Template& each : templates()) {
    for (const TemplateFile& file : each.files) {
      const std::string text = rendered(file, kNames);
      EXPECT_EQ(file.marked, text != file.bytes) << each.name << "/" << file.path;
      EXPECT_TRUE(!file.marked || (!text.contains("{{name}}") && !text.contains("{{crate}}"))) << file.path;
    }
  }
  EXPECT_TRUE(rendered(file_of("rust", "Cargo.toml"), kNames).contains("name = \"my-crate\"\n"));
  EXPECT_TRUE(rendered(file_of("ts", "package.json"), kNames).contains("\"name\": \"my-app\""));
}

TEST(Templates, KeepTheBitOfWhatIsAProgram) {
  EXPECT_TRUE(file_of("rest-api", "test.py").executable);
  EXPECT_FALSE(file_of("rest-api", "peko.toml").executable);
}

Result<code::Function> read(std::string_view text) {
  const code::TestFolder folder;
  return code::read_manifest(folder.write("peko.toml", text), code::LimitsMax());
}

TEST(Templates, HaveManifestsThatAreUnderstood) {
  for (const Template& each : templates()) {
    const auto function = read(rendered(file_of(each.name, "peko.toml"), kNames));
    ASSERT_TRUE(function) << each.name << ": " << function.error().message;
    EXPECT_EQ(function->name, "my-app") << each.name;
  }
}

/// With the '#' removed in front of everything that is no prose.
std::string uncommented(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const bool setting = line.starts_with("# [") || (line.starts_with("# ") && line.contains(" = "));
    result.append(line.substr(setting ? 2 : 0)).append("\n");
    at = end + 1;
  }
  return result;
}

TEST(Templates, ShowEverySettingWithItsDefault) {
  for (const std::string_view name : {"rust", "ts", "js", "c"}) {
    const std::string text = uncommented(rendered(file_of(name, "peko.toml"), kNames));
    const auto function = read(text);
    ASSERT_TRUE(function) << name << ": " << function.error().message;
    const code::Function defaults = code::function_within(code::LimitsMax());
    for (const code::LimitRow& row : code::limit_table()) {
      EXPECT_TRUE(text.contains("\n" + std::string(row.manifest_key()) + " = "))
          << name << " does not show " << row.manifest_key();
      EXPECT_EQ(row.get(*function), row.get(defaults)) << name << " shows another default of " << row.key;
    }
    EXPECT_EQ(function->idle, defaults.idle);
    EXPECT_EQ(function->reuse, defaults.reuse);
    EXPECT_EQ(function->routes.size(), 1U);
    EXPECT_EQ(function->outbound_allow.size(), 1U);
  }
}

}  // namespace
}  // namespace peko::scaffold

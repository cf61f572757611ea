#include "base/config_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace peko {
namespace {

constexpr std::string_view kManifest = R"(name = "todo-api"
routes = ["a.example.com/*", "b.example.com"]

[env]
GREETING = "hello"
AUDIENCE = "world"

[limits]
memory_mb = 256

[instances]
reuse = "never"
)";

// Reads what a manifest may hold, as code/ would.
Status read_manifest(std::string_view text) {
  auto config = ConfigText::parse(text, "peko.toml");
  if (!config) return fail(config.error());
  ConfigTable root = config->root();
  (void)root.string("name");
  (void)root.strings("routes");
  (void)root.string_map("env");
  ConfigTable limits = root.table("limits");
  (void)limits.integer("memory_mb", {.low = 1, .high = 4096});
  (void)limits.integer("cpu_ms", {.low = 1});
  (void)root.table("instances").choice("reuse", {"auto", "never"});
  return config->finish();
}

std::string mistakes(std::string_view text) {
  const Status status = read_manifest(text);
  return status ? "none" : status.error().message;
}

TEST(ConfigText, AnswersWhatIsThere) {
  auto config = ConfigText::parse(kManifest, "peko.toml");
  ASSERT_TRUE(config);
  ConfigTable root = config->root();
  EXPECT_EQ(root.string("name"), "todo-api");
  EXPECT_EQ(root.strings("routes"), (std::vector<std::string>{"a.example.com/*", "b.example.com"}));
  EXPECT_EQ(root.string_map("env"),
            (std::vector<std::pair<std::string, std::string>>{{"AUDIENCE", "world"}, {"GREETING", "hello"}}));
  EXPECT_EQ(root.table("limits").integer("memory_mb", {.low = 1, .high = 4096}), 256);
  EXPECT_EQ(root.table("limits").integer("cpu_ms", {.low = 1}), std::nullopt);
  EXPECT_EQ(root.table("instances").choice("reuse", {"auto", "never"}), "never");
  EXPECT_EQ(root.table("build").string("command"), std::nullopt) << "an absent table answers nothing";
  EXPECT_TRUE(root.has("name"));
  EXPECT_FALSE(root.table("build").has("command"));
  EXPECT_TRUE(config->finish());
}

TEST(ConfigText, TellsEveryMistakeWithItsPlace) {
  const struct {
    std::string_view text;
    std::string_view message;
  } cases[] = {
      {kManifest, "none"},
      {"", "none"},
      {"[limits]\nmemroy_mb = 1\n",
       "peko.toml:2:1: unknown key \"memroy_mb\" in [limits]; did you mean \"memory_mb\"?"},
      {"nmae = \"x\"", "peko.toml:1:1: unknown key \"nmae\" outside of every [table]; did you mean \"name\"?"},
      {"memory_mb = 1", "peko.toml:1:1: unknown key \"memory_mb\" outside of every [table]; it belongs in [limits]"},
      {"[limits]\nname = \"x\"",
       "peko.toml:2:1: unknown key \"name\" in [limits]; it belongs outside of every [table]"},
      {"[limits]\nzzzzzz = 1", "peko.toml:2:1: unknown key \"zzzzzz\" in [limits]; known here: cpu_ms memory_mb"},
      {"[limit]\nmemory_mb = 1",
       "peko.toml:1:2: unknown key \"limit\" outside of every [table]; did you mean \"limits\"?"},
      {"name = 5", "peko.toml:1:8: \"name\" must be a string (in quotes), not a whole number"},
      {"[limits]\n  memory_mb = 1.5",
       "peko.toml:2:15: \"memory_mb\" must be a whole number, not a number with a fraction"},
      {"[limits]\nmemory_mb = \"1\"", "peko.toml:2:13: \"memory_mb\" must be a whole number, not a string"},
      {"[limits]\nmemory_mb = 0", "peko.toml:2:13: \"memory_mb\" must be from 1 to 4096, not 0"},
      {"[limits]\nmemory_mb = 4097", "peko.toml:2:13: \"memory_mb\" must be from 1 to 4096, not 4097"},
      {"[limits]\ncpu_ms = -1", "peko.toml:2:10: \"cpu_ms\" must be at least 1, not -1"},
      {"limits = 5", "peko.toml:1:10: \"limits\" must be a table, not a whole number"},
      {"routes = \"a\"", "peko.toml:1:10: \"routes\" must be a list of strings, not a string"},
      {"routes = [\"a\", 1]", "peko.toml:1:16: \"routes\" must be a list of strings, not a whole number"},
      {"env = []", "peko.toml:1:7: \"env\" must be a table of strings, not a list"},
      {"[env]\nPORT = 80", "peko.toml:2:8: \"env.PORT\" must be a string (in quotes), not a whole number"},
      {"[instances]\nreuse = \"mabye\"", "peko.toml:2:9: \"reuse\" must be one of \"auto\", \"never\", not \"mabye\""},
  };
  for (const auto& c : cases) EXPECT_EQ(mistakes(c.text), c.message) << c.text;
}

TEST(ConfigText, TellsAllMistakesAtOnceInTheirOrder) {
  EXPECT_EQ(mistakes("zzz = 1\n[limits]\nmemory_mb = 0\ncpu_sm = 1\n"),
            "peko.toml:1:1: unknown key \"zzz\" outside of every [table]; known here: env instances limits name "
            "routes\n"
            "peko.toml:3:13: \"memory_mb\" must be from 1 to 4096, not 0\n"
            "peko.toml:4:1: unknown key \"cpu_sm\" in [limits]; did you mean \"cpu_ms\"?");
}

TEST(ConfigText, StopsListingMistakesSomewhere) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const std::string message = mistakes(text);
  EXPECT_EQ(std::ranges::count(message, '\n'), 20);
  EXPECT_TRUE(message.ends_with("\nand 80 more"));
}

TEST(ConfigText, PlacesSyntaxErrors) {
  for (const std::string_view text :
       {"name = ", "name = \"x\"\n[limits", "a = 1\na = 2", "= 1", "name = \"\xff\"", "[a]\n[a]"}) {
    const auto config = ConfigText::parse(text, "dir/peko.toml");
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().code, Code::Invalid);
    EXPECT_TRUE(config.error().message.starts_with("dir/peko.toml:")) << config.error().message;
  }
  EXPECT_TRUE(ConfigText::parse("a = 1\na = 2", "f").error().message.starts_with("f:2:"));
}

TEST(ConfigText, CarriesMistakesOfTheCallersFinding) {
  auto config = ConfigText::parse("name = \"Todo\"\n[build]\n", "peko.toml");
  ASSERT_TRUE(config);
  ConfigTable root = config->root();
  (void)root.string("name");
  root.reject("name", "a name has lower-case letters only");
  root.table("build").reject("command", "the command is missing");
  EXPECT_EQ(config->finish().error().message,
            "peko.toml:1:8: a name has lower-case letters only\npeko.toml:2:1: the command is missing");
}

TEST(ConfigText, RefusesWhatWouldExhaustTheParser) {
  EXPECT_FALSE(ConfigText::parse(std::string(ConfigText::kBytesMax + 1, '\n'), "f"));
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_FALSE(ConfigText::parse(deep + " = 1", "f"));
  EXPECT_FALSE(ConfigText::parse("[" + deep + "]", "f"));
  EXPECT_FALSE(ConfigText::parse("x = {" + deep + " = 1}", "f"));
  EXPECT_FALSE(ConfigText::parse("x = " + std::string(100'000, '['), "f"));
  std::string nested = "x = ";
  for (int i = 0; i < 10'000; ++i) nested += "{a = ";
  EXPECT_FALSE(ConfigText::parse(nested, "f"));
}

TEST(ConfigText, LetsLongTextHaveDots) {
  EXPECT_TRUE(ConfigText::parse(
      "# " + std::string(100, '.') + "\nx = \"" + std::string(100, '.') + "\\\"" + std::string(100, '.') + "\"\n",
      "f"));
  EXPECT_TRUE(ConfigText::parse(
      "x = [1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1]", "f"));
}

}  // namespace
}  // namespace peko

#include "code/manifest.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::code {
namespace {

constexpr std::string_view kWhole = R"(name = "todo-api"
component = "target/todo_api.wasm"
assets = "public"
routes = ["API.example.com/v1/*", "example.com/todo"]

[build]
command = "cargo build --release"
watch = ["src", "Cargo.toml"]

[env]
GREETING = "hello"
EMPTY = ""

[limits]
cpu_ms = 2000
wall_ms = 0
memory_mb = 256
stack_kb = 512
request_headers_kb = 16
uri_bytes = 1024
request_body_mb = 1
subrequests = 5
subrequests_at_once = 7
log_kb = 8
component_mb = 20
asset_mb = 3
assets_mb = 40
asset_files = 500

[keyvalue]
quota_mb = 9
stores = ["SESSIONS", "cache-2"]

[http]
allow = ["https://api.github.com", "https://*.example.com"]

[instances]
reuse = "never"
idle_seconds = 30
)";

TEST(Manifest, KeepsTheProjectItselfFromBeingPublished) {
  const TestFolder folder;
  const auto assets_of = [&](const std::string& value) {
    return read_manifest(
        folder.write("a/peko.toml", "name = \"a\"\ncomponent = \"a.wasm\"\nassets = \"" + value + "\""));
  };
  for (const std::string value : {"", ".", "./", "..", "public/..", "../../", "/"}) {
    const auto function = assets_of(value);
    ASSERT_FALSE(function.has_value()) << value;
    EXPECT_NE(function.error().message.find("peko.toml:3:"), std::string::npos) << function.error().message;
    EXPECT_NE(function.error().message.find("a folder of its own"), std::string::npos) << function.error().message;
  }
  EXPECT_EQ(assets_of("public/").value().assets, folder.path() / "a/public");
  EXPECT_EQ(assets_of("./dist/web").value().assets, folder.path() / "a/dist/web");
  EXPECT_EQ(assets_of("../b").value().assets, folder.path() / "b");
}

TEST(Manifest, MayBeOfStaticFilesAlone) {
  const TestFolder folder;
  const auto function = read_manifest(folder.write("peko.toml", "name = \"a\"\nassets = \"public\""));
  ASSERT_TRUE(function.has_value()) << function.error().message;
  EXPECT_FALSE(function->has_code());
}

TEST(Manifest, IsReadWhole) {
  const TestFolder folder;
  const auto file = folder.write("todo/peko.toml", kWhole);
  const auto function = read_manifest(file);
  ASSERT_TRUE(function.has_value()) << function.error().message;
  EXPECT_EQ(function->name, "todo-api");
  EXPECT_EQ(function->component, folder.path() / "todo/target/todo_api.wasm");
  EXPECT_EQ(function->assets, folder.path() / "todo/public");
  EXPECT_EQ(function->asset_bytes_max, 3U << 20);
  EXPECT_EQ(function->assets_bytes_max, 40U << 20);
  EXPECT_EQ(function->asset_files_max, 500U);
  EXPECT_EQ(function->manifest, file);
  EXPECT_EQ(function->build_command, "cargo build --release");
  EXPECT_EQ(function->build_watch,
            (std::vector<std::filesystem::path>{folder.path() / "todo/src", folder.path() / "todo/Cargo.toml"}));
  EXPECT_EQ(function->routes, (std::vector<std::string>{"api.example.com/v1/*", "example.com/todo"}));
  EXPECT_EQ(function->environment,
            (std::vector<std::pair<std::string, std::string>>{{"EMPTY", ""}, {"GREETING", "hello"}}));
  EXPECT_EQ(function->limits.cpu, std::chrono::milliseconds(2000));
  EXPECT_EQ(function->limits.wall, std::chrono::milliseconds(0));
  EXPECT_EQ(function->limits.memory_bytes, 256U << 20);
  EXPECT_EQ(function->limits.request_header_bytes, 16U << 10);
  EXPECT_EQ(function->limits.uri_bytes, 1024U);
  EXPECT_EQ(function->limits.request_body_bytes, 1U << 20);
  EXPECT_EQ(function->limits.subrequests, 5U);
  EXPECT_EQ(function->limits.subrequests_at_once, 7U);
  EXPECT_EQ(function->limits.log_bytes, 8U << 10);
  EXPECT_EQ(function->component_bytes_max, 20U << 20);
  EXPECT_EQ(function->limits.keyvalue_bytes, 9U << 20);
  EXPECT_EQ(function->stores, (std::vector<std::string>{"SESSIONS", "cache-2"}));
  ASSERT_EQ(function->outbound_allow.size(), 2U);
  EXPECT_EQ(function->outbound_allow[0].text(), "https://api.github.com");
  EXPECT_EQ(function->outbound_allow[1].text(), "https://*.example.com");
  EXPECT_EQ(function->reuse, Reuse::Never);
  EXPECT_EQ(function->idle, std::chrono::seconds(30));
}

TEST(Manifest, LeavesTheDefaultsWhereItSaysNothing) {
  const TestFolder folder;
  const auto function = read_manifest(folder.write("peko.toml", "name = \"a\"\ncomponent = \"/srv/a.wasm\"\n"));
  ASSERT_TRUE(function.has_value()) << function.error().message;
  const Function defaults;
  EXPECT_EQ(function->component, "/srv/a.wasm");
  EXPECT_EQ(function->limits.cpu, defaults.limits.cpu);
  EXPECT_EQ(function->limits.wall, defaults.limits.wall);
  EXPECT_EQ(function->limits.memory_bytes, defaults.limits.memory_bytes);
  EXPECT_EQ(function->component_bytes_max, defaults.component_bytes_max);
  EXPECT_EQ(function->reuse, Reuse::Auto);
  EXPECT_EQ(function->idle, defaults.idle);
  EXPECT_TRUE(function->routes.empty());
  EXPECT_TRUE(function->environment.empty());
  EXPECT_TRUE(function->outbound_allow.empty());
}

struct Mistake {
  std::string_view text;
  std::string_view expected;  // all lines of the message, "F" standing for the file
};

/// What read_manifest says of a text, the file's path shortened to "F".
std::string mistakes_in(std::string_view text) {
  const TestFolder folder;
  const auto file = folder.write("peko.toml", text);
  const auto function = read_manifest(file);
  if (function) {
    return "";
  }
  std::string message = function.error().message;
  for (std::size_t at = 0; (at = message.find(file.string(), at)) != std::string::npos;) {
    message.replace(at, file.string().size(), "F");
  }
  return message;
}

TEST(Manifest, NamesEachMistakeWithItsPlace) {
  const std::string head = "name = \"a\"\ncomponent = \"a.wasm\"\n";
  const Mistake mistakes[] = {
      {"",
       "F:1:1: \"component\" is missing: the path of the .wasm file that the build makes; or name a JavaScript or "
       "TypeScript file by \"script\", or a folder of static files by \"assets\"\n"
       "F:1:1: \"name\" is missing: the function's name, for instance name = \"hello\""},
      {"name = \"a\"\nname = \"b\"\n", "F:2:"},
      {"name = \"a\n", "F:1:"},
      {"nmae = \"a\"\nname = \"a\"\ncomponent = \"a.wasm\"\n",
       "F:1:1: unknown key \"nmae\" outside of every [table]; did you mean \"name\"?"},
      {"name = 5\ncomponent = \"a.wasm\"\n", "F:1:8: \"name\" must be a string (in quotes), not a whole number"},
      {"name = \"\"\ncomponent = \"a.wasm\"\n", "F:1:8: \"name\" is empty"},
      {"name = \"A b\"\ncomponent = \"a.wasm\"\n",
       "F:1:8: \"A b\" is not a function's name: 1 to 63 of a-z, 0-9 and -, no - at either end (for instance \"a-b\")"},
      {"name = \"a\"\ncomponent = \"\"\n", "F:2:13: \"component\" is empty"},
      {"name = \"a\"\ncomponent = [\"a.wasm\"]\n", "F:2:13: \"component\" must be a string (in quotes), not a list"},
      {"name = \"a\"\nscript = \"index.wasm\"\n",
       "F:2:10: \"index.wasm\" is no script: its name ends in .ts, .js, .tsx, .jsx, .mts or .mjs"},
      {"name = \"a\"\nscript = \"a.ts\"\ncomponent = \"a.wasm\"\n",
       "F:2:10: there are both \"component\" and \"script\": a function is one of them"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::string message = mistakes_in(mistake.text);
    if (mistake.expected.ends_with(':')) {  // the parser's own words for what is no TOML
      EXPECT_TRUE(message.starts_with(mistake.expected)) << message;
    } else {
      EXPECT_EQ(message, mistake.expected);
    }
  }

  const Mistake after_head[] = {
      // Their first line is line 3.
      {"routes = \"a.example/*\"\n", "F:3:10: \"routes\" must be a list of strings, not a string"},
      {"routes = [\"a.example\"]\n",
       "F:3:10: \"a.example\" is not a route: the path is missing; \"host/*\" is every path (for instance "
       "\"api.example.com/v1/*\")"},
      {"routes = [\"a.example/*\", \"A.example/*\"]\n", "F:3:10: \"A.example/*\" stands twice in \"routes\""},
      {"[limits]\nmemroy_mb = 1\n", "F:4:1: unknown key \"memroy_mb\" in [limits]; did you mean \"memory_mb\"?"},
      {"[limits]\nmemory_mb = \"256\"\n", "F:4:13: \"memory_mb\" must be a whole number, not a string"},
      {"[limits]\nmemory_mb = 0\n", "F:4:13: \"memory_mb\" must be from 1 to 1024, not 0"},
      {"[limits]\nmemory_mb = 1025\n", "F:4:13: \"memory_mb\" must be from 1 to 1024, not 1025"},
      {"[limits]\ncpu_ms = 0\n", "F:4:10: \"cpu_ms\" must be from 1 to 300000, not 0"},
      {"[limits]\nwall_ms = -1\n", "F:4:11: \"wall_ms\" must be from 0 to 86400000, not -1"},
      {"[limits]\nstack_kb = 1024\n", "F:4:12: \"stack_kb\" must be from 1 to 512, not 1024"},
      {"[limits]\nstack_kb = 256\n",
       "F:4:12: \"stack_kb\" must be 512: all functions of a node have stacks of one size"},
      {"[limits]\nrequest_headers_kb = 129\n", "F:4:22: \"request_headers_kb\" must be from 1 to 128, not 129"},
      {"[limits]\nuri_bytes = 8193\n", "F:4:13: \"uri_bytes\" must be from 1 to 8192, not 8193"},
      {"[limits]\nrequest_body_mb = 10241\n", "F:4:19: \"request_body_mb\" must be from 0 to 10240, not 10241"},
      {"[limits]\nsubrequests = 1001\n", "F:4:15: \"subrequests\" must be from 0 to 1000, not 1001"},
      {"[limits]\nlog_kb = 1025\n", "F:4:10: \"log_kb\" must be from 0 to 1024, not 1025"},
      {"[limits]\ncomponent_mb = 101\n", "F:4:16: \"component_mb\" must be from 1 to 100, not 101"},
      {"[limits]\nkeyvalue_mb = 1\n",
       "F:4:1: unknown key \"keyvalue_mb\" in [limits]; known here: asset_files asset_mb assets_mb component_mb cpu_ms "
       "log_kb memory_mb request_body_mb request_headers_kb stack_kb subrequests subrequests_at_once uri_bytes "
       "wall_ms"},
      {"[keyvalue]\nquota_mb = 10241\n", "F:4:12: \"quota_mb\" must be from 1 to 10240, not 10241"},
      {"[keyvalue]\nstores = [\"a/b\"]\n",
       "F:4:10: \"a/b\" is no name of a store: 1 to 63 of A-Z, a-z, 0-9, '_' and '-', a letter first"},
      {"[keyvalue]\nstores = [\"KV\"]\n", "F:4:10: \"KV\" names the store that every function has: leave it out"},
      {"[env]\nA = \"x\"\n[keyvalue]\nstores = [\"A\"]\n",
       "F:6:10: \"A\" is also a variable in [env]: give one of them another name"},
      {"[limit]\nmemory_mb = 1\n", "F:3:2: unknown key \"limit\" outside of every [table]; did you mean \"limits\"?"},
      {"[env]\nA = 1\n", "F:4:5: \"env.A\" must be a string (in quotes), not a whole number"},
      {"[env]\n\"A=B\" = \"x\"\n", "F:3:1: \"A=B\" cannot be the name of an environment variable"},
      {"[env]\nA = \"x\\u0000y\"\n", "F:3:1: the value of \"A\" holds a zero byte"},
      {"[http]\nallow = [\"api.github.com\"]\n",
       "F:4:9: \"api.github.com\" is not an origin: it begins with https:// or http:// (for instance "
       "\"https://api.example.com\")"},
      {"[http]\nallow = [\"https://a.example/v1\"]\n",
       "F:4:9: \"https://a.example/v1\" is not an origin: it ends after host and port, without a path (for instance "
       "\"https://api.example.com\")"},
      {"[instances]\nreuse = \"always\"\n", "F:4:9: \"reuse\" must be one of \"auto\", \"never\", not \"always\""},
      {"[instances]\nidle_seconds = 0\n", "F:4:16: \"idle_seconds\" must be from 1 to 86400, not 0"},
      {"[build]\ncomand = \"make\"\n", "F:4:1: unknown key \"comand\" in [build]; did you mean \"command\"?"},
      {"[build]\nwatch = \"src\"\n", "F:4:9: \"watch\" must be a list of strings, not a string"},
  };
  for (const Mistake& mistake : after_head) {
    EXPECT_EQ(mistakes_in(head + std::string(mistake.text)), mistake.expected);
  }
}

TEST(Manifest, NamesAllItsMistakesAtOnce) {
  EXPECT_EQ(mistakes_in("name = \"a\"\ncomponent = \"a.wasm\"\n[limits]\ncpu_ms = 0\n[instances]\nidle = 5\n"),
            "F:4:10: \"cpu_ms\" must be from 1 to 300000, not 0\n"
            "F:6:1: unknown key \"idle\" in [instances]; known here: idle_seconds reuse");
}

TEST(Manifest, HasBoundedListsAndEnvironment) {
  std::string text = "name = \"a\"\ncomponent = \"a.wasm\"\nroutes = [";
  for (int i = 0; i < 101; ++i) {
    text += "\"h" + std::to_string(i) + ".example/*\",";
  }
  EXPECT_EQ(mistakes_in(text + "]\n"), "F:3:10: \"routes\" has 101 entries, at most 100 are allowed");
  const std::string value(40'000, 'x');
  EXPECT_EQ(mistakes_in("name = \"a\"\ncomponent = \"a.wasm\"\n[env]\nA = \"" + value + "\"\nB = \"" + value + "\"\n"),
            "F:3:1: [env] has 80002 bytes, at most 65536 are allowed");
}

TEST(Manifest, ThatDoesNotExistIsNotFound) {
  const TestFolder folder;
  EXPECT_EQ(read_manifest(folder.path() / "peko.toml").error().code, Code::NotFound);
}

TEST(StoreSettings, AreAManifestWithoutComponentAndBuild) {
  Function function{.name = "a"};
  const Status read = read_store_settings(
      "name = \"a\"\nroutes = [\"a.example/*\"]\n[limits]\ncpu_ms = 7\n[env]\nX = \"y\"\n", "a.toml", {}, function);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(function.limits.cpu, std::chrono::milliseconds(7));
  EXPECT_EQ(function.routes, std::vector<std::string>{"a.example/*"});
}

TEST(StoreSettings, RefuseAnotherNameAndKeysOfAProject) {
  Function function{.name = "a"};
  const Status read = read_store_settings("name = \"b\"\ncomponent = \"x.wasm\"\n[build]\ncommand = \"make\"\n",
                                          "a.toml", {}, function);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message,
            "a.toml:1:8: \"name\" is \"b\", but the file is the settings of \"a\": leave it out or rename the files\n"
            "a.toml:2:1: unknown key \"component\" outside of every [table]; known here: env http instances keyvalue "
            "limits name "
            "routes\n"
            "a.toml:3:2: unknown key \"build\" outside of every [table]; known here: env http instances keyvalue "
            "limits name routes");
}

}  // namespace
}  // namespace peko::code

#include "cli/settings.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

const Environment kHome = {{"HOME", "/home/me"}};

Settings defaults(Command command = Command::Serve) { return default_settings(command, kHome, Terminal::Kind::Plain); }

Result<Settings> merge(const std::optional<std::filesystem::path>& file, const Environment& environment,
                       const Flags& flags, Command command = Command::Serve) {
  return merge_settings(defaults(command),
                        {.command = command, .file = file, .environment = environment, .flags = flags});
}

std::string mistake(Result<Settings> merged) { return merged ? "none" : merged.error().message; }

TEST(Settings, OfTheLastSourceThatSpeaksWin) {
  const code::TestFolder folder;
  const auto file =
      folder.write("peko-node.toml", "listen = \"127.0.0.1:1\"\ndomain = \"file.example\"\nthreads = 1\n");
  const auto merged = merge(file, {{"PEKO_DOMAIN", "environment.example"}, {"PEKO_THREADS", "2"}}, {{"threads", "3"}});
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ(merged->node.listen, "127.0.0.1:1") << "only the file says it";
  EXPECT_EQ(merged->node.domain, "environment.example") << "the environment wins over the file";
  EXPECT_EQ(merged->node.threads, 3U) << "the flag wins over both";
  EXPECT_EQ(merged->node.instances_max, node::Config().instances_max) << "nobody says it";
}

TEST(Settings, AreTheSameFromEverySource) {
  struct Row {
    std::string_view key, in_file, as_text, variable;
  };
  const Row rows[] = {
      {"listen", "\"127.0.0.1:9\"", "127.0.0.1:9", "PEKO_LISTEN"},
      {"code", "\"/srv/x\"", "/srv/x", "PEKO_CODE"},
      {"domain", "\"a.example\"", "a.example", "PEKO_DOMAIN"},
      {"default", "\"hello\"", "hello", "PEKO_DEFAULT"},
      {"threads", "7", "7", "PEKO_THREADS"},
      {"instances", "8", "8", "PEKO_INSTANCES"},
      {"log", "\"off\"", "off", "PEKO_LOG"},
      {"cache_dir", "\"/var/cache/p\"", "/var/cache/p", "PEKO_CACHE_DIR"},
      {"clock_resolution_us", "5", "5", "PEKO_CLOCK_RESOLUTION_US"},
      {"drain_seconds", "3", "3", "PEKO_DRAIN_SECONDS"},
  };
  ASSERT_EQ(std::size(rows), all_settings().size()) << "a new setting wants a row";
  const auto fields = [](const Settings& s) {
    return std::make_tuple(s.node.listen, s.code, s.node.domain, s.node.default_function, s.node.threads,
                           s.node.instances_max, s.node.log_format, s.node.cache_dir, s.node.drain_timeout,
                           s.node.clock_resolution);
  };
  for (const Row& row : rows) {
    const code::TestFolder folder;
    const auto file = folder.write("node.toml", std::string(row.key) + " = " + std::string(row.in_file) + "\n");
    const auto from_file = merge(file, {}, {});
    const auto from_environment = merge(std::nullopt, {{std::string(row.variable), std::string(row.as_text)}}, {});
    const auto from_flag = merge(std::nullopt, {}, {{std::string(row.key), std::string(row.as_text)}});
    ASSERT_TRUE(from_file && from_environment && from_flag) << row.key;
    EXPECT_NE(fields(*from_file), fields(defaults())) << row.key;
    EXPECT_EQ(fields(*from_file), fields(*from_environment)) << row.key;
    EXPECT_EQ(fields(*from_file), fields(*from_flag)) << row.key;
  }
}

TEST(Settings, ThatAreWrongNameTheirPlace) {
  const code::TestFolder folder;
  const auto file = folder.write("node.toml",
                                 "listen = \"3000\"\nthreads = \"two\"\ndomian = \"a.example\"\ninstances = 0\n"
                                 "code = \"s3://bucket\"\n");
  const std::string name = file.string();
  EXPECT_EQ(
      mistake(merge(file, {}, {})),
      name +
          ":1:10: \"listen\": \"3000\" is not an address to listen on: write HOST:PORT, for instance 127.0.0.1:3000\n" +
          name + ":2:11: \"threads\" must be a whole number, not a string\n" + name +
          ":3:1: unknown key \"domian\" outside of every [table]; did you mean \"domain\"?\n" + name +
          ":4:13: \"instances\": \"0\" is not a whole number from 1 to 10000\n" + name +
          ":5:8: \"code\": \"s3://bucket\" is not supported: S3 code stores come in a later version; give a folder");
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_THREADS", "many"}}, {})),
            "PEKO_THREADS: \"many\" is not a whole number from 0 to 1024");
  EXPECT_EQ(mistake(merge(std::nullopt, {}, {{"log", "xml"}})),
            "--log: \"xml\" is not a log format: text, json or off");
}

TEST(Settings, AreCheckedEvenWhenOverridden) {
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_THREADS", "many"}}, {{"threads", "1"}})),
            "PEKO_THREADS: \"many\" is not a whole number from 0 to 1024");
}

TEST(Settings, IgnoreEmptyVariablesAndWhatIsNotForTheCommand) {
  EXPECT_EQ(merge(std::nullopt, {{"PEKO_LISTEN", ""}}, {})->node.listen, defaults().node.listen);
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_CODE", "s3://bucket"}}, {}, Command::Dev)), "none");
}

TEST(Settings, InAFileHavePathsRelativeToTheFile) {
  const code::TestFolder folder;
  const auto file = folder.write("etc/node.toml", "code = \"../store\"\ncache_dir = \"cache\"\n");
  const auto merged = merge(file, {}, {});
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ(merged->code, folder.path() / "store");
  EXPECT_EQ(merged->node.cache_dir, (folder.path() / "etc/cache").string());
  const auto url = merge(folder.write("url.toml", "code = \"file:///srv/x\"\n"), {}, {});
  EXPECT_EQ(url->code, "/srv/x");
}

TEST(Settings, OfAFileThatIsMissingAreAnError) {
  const code::TestFolder folder;
  const auto merged = merge(folder.path() / "no.toml", {}, {});
  ASSERT_FALSE(merged.has_value());
  EXPECT_EQ(merged.error().code, Code::NotFound);
}

TEST(Settings, DifferByCommand) {
  const Settings dev = defaults(Command::Dev);
  EXPECT_EQ(dev.node.listen, "127.0.0.1:3000");
  EXPECT_EQ(dev.node.log_format, node::LogFormat::Text);
  const Settings serve = defaults(Command::Serve);
  EXPECT_EQ(serve.node.listen, "0.0.0.0:8080");
  EXPECT_EQ(serve.node.log_format, node::LogFormat::Json);
  EXPECT_EQ(default_settings(Command::Serve, kHome, Terminal::Kind::Coloured).node.log_format, node::LogFormat::Text);
}

TEST(CacheFolder, FollowsTheXdgSpecification) {
  const auto cache = [](const Environment& environment) {
    return default_settings(Command::Dev, environment, Terminal::Kind::Plain).node.cache_dir;
  };
  EXPECT_EQ(cache({{"HOME", "/home/me"}}), "/home/me/.cache/peko");
  EXPECT_EQ(cache({{"HOME", "/home/me"}, {"XDG_CACHE_HOME", "/c"}}), "/c/peko");
  EXPECT_EQ(cache({{"HOME", "/home/me"}, {"XDG_CACHE_HOME", "relative"}}), "/home/me/.cache/peko");
  EXPECT_EQ(cache({}), "");
  EXPECT_EQ(mistake(merge_settings(default_settings(Command::Dev, {}, Terminal::Kind::Plain),
                                   {.command = Command::Dev, .file = {}, .environment = {}, .flags = {}})),
            "no folder for compiled functions is known (HOME is not set): give --cache-dir or PEKO_CACHE_DIR");
}

}  // namespace
}  // namespace peko::cli

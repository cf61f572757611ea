#include "cli/settings.hpp"

#include <gtest/gtest.h>

#include "cli/setting_values.hpp"
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
      {"admin", "\"127.0.0.1:9\"", "127.0.0.1:9", "PEKO_ADMIN"},
      {"code", "\"/srv/x\"", "/srv/x", "PEKO_CODE"},
      {"domain", "\"a.example\"", "a.example", "PEKO_DOMAIN"},
      {"default", "\"hello\"", "hello", "PEKO_DEFAULT"},
      {"threads", "7", "7", "PEKO_THREADS"},
      {"instances", "8", "8", "PEKO_INSTANCES"},
      {"concurrency_max", "9", "9", "PEKO_CONCURRENCY_MAX"},
      {"function_concurrency_max", "10", "10", "PEKO_FUNCTION_CONCURRENCY_MAX"},
      {"queue_max", "11", "11", "PEKO_QUEUE_MAX"},
      {"memory_budget_mb", "64", "64", "PEKO_MEMORY_BUDGET_MB"},
      {"log", "\"off\"", "off", "PEKO_LOG"},
      {"cache_dir", "\"/var/cache/p\"", "/var/cache/p", "PEKO_CACHE_DIR"},
      {"data_dir", "\"/var/lib/p\"", "/var/lib/p", "PEKO_DATA_DIR"},
      {"keyvalue_value_mb", "5", "5", "PEKO_KEYVALUE_VALUE_MB"},
      {"limits_max.keyvalue_mb", "6", "6", "PEKO_MAX_KEYVALUE_MB"},
      {"check_interval_ms", "70", "70", "PEKO_CHECK_INTERVAL_MS"},
      {"functions_loaded_max", "12", "12", "PEKO_FUNCTIONS_LOADED_MAX"},
      {"cache_mb", "32", "32", "PEKO_CACHE_MB"},
      {"asset_memory_mb", "33", "33", "PEKO_ASSET_MEMORY_MB"},
      {"key_file", "\"/etc/k\"", "/etc/k", "PEKO_KEY_FILE"},
      {"clock_resolution_us", "5", "5", "PEKO_CLOCK_RESOLUTION_US"},
      {"drain_seconds", "3", "3", "PEKO_DRAIN_SECONDS"},
      {"compile_memory_mb", "900", "900", "PEKO_COMPILE_MEMORY_MB"},
      {"compile_seconds", "9", "9", "PEKO_COMPILE_SECONDS"},
      {"compile_at_once", "3", "3", "PEKO_COMPILE_AT_ONCE"},
      {"limits_max.cpu_ms", "50", "50", "PEKO_MAX_CPU_MS"},
      {"limits_max.wall_ms", "60", "60", "PEKO_MAX_WALL_MS"},
      {"limits_max.memory_mb", "70", "70", "PEKO_MAX_MEMORY_MB"},
      {"limits_max.request_headers_kb", "8", "8", "PEKO_MAX_REQUEST_HEADERS_KB"},
      {"limits_max.uri_bytes", "90", "90", "PEKO_MAX_URI_BYTES"},
      {"limits_max.request_body_mb", "1", "1", "PEKO_MAX_REQUEST_BODY_MB"},
      {"limits_max.subrequests", "2", "2", "PEKO_MAX_SUBREQUESTS"},
      {"limits_max.subrequests_at_once", "7", "7", "PEKO_MAX_SUBREQUESTS_AT_ONCE"},
      {"limits_max.log_kb", "3", "3", "PEKO_MAX_LOG_KB"},
      {"limits_max.component_mb", "4", "4", "PEKO_MAX_COMPONENT_MB"},
      {"limits_max.asset_mb", "5", "5", "PEKO_MAX_ASSET_MB"},
      {"limits_max.assets_mb", "6", "6", "PEKO_MAX_ASSETS_MB"},
      {"limits_max.asset_files", "7", "7", "PEKO_MAX_ASSET_FILES"},
      {"inspect.requests", "5", "5", "PEKO_INSPECT_REQUESTS"},
      {"inspect.log_mb", "6", "6", "PEKO_INSPECT_LOG_MB"},
      {"alert_webhook", "\"https://a.example/x\"", "https://a.example/x", "PEKO_ALERT_WEBHOOK"},
      {"admin_token", "\"0123456789abcdef\"", "0123456789abcdef", "PEKO_ADMIN_TOKEN"},
      {"outbound_allow_ranges", "\"10.0.0.0/8\"", "10.0.0.0/8", "PEKO_OUTBOUND_ALLOW_RANGES"},
      {"outbound_ca_file", "\"/etc/ca.pem\"", "/etc/ca.pem", "PEKO_OUTBOUND_CA_FILE"},
  };
  ASSERT_EQ(std::size(rows), all_settings().size()) << "a new setting wants a row";
  const auto fields = [](const Settings& s) {
    return std::make_tuple(
        s.node.listen, s.code, s.node.domain, s.node.default_function, s.node.threads, s.node.instances_max,
        s.node.log_format, s.node.cache_dir, s.node.drain_timeout, s.node.compile, s.node.compile_at_once, s.limits_max,
        s.node.admin_token, s.node.concurrency_max, s.node.function_concurrency_max, s.node.queue_max,
        s.node.memory_budget_mb, s.node.admin, s.node.alert_webhook, s.node.outbound_allow_ranges,
        s.node.outbound_ca_file, s.node.clock_resolution, s.node.cache_mb, s.node.key_file, s.node.check_interval,
        s.node.functions_loaded_max, s.node.data_dir, s.node.keyvalue_value_mb, s.node.asset_memory_mb,
        s.node.inspect_requests, s.node.inspect_log_mb);
  };
  for (const Row& row : rows) {
    const code::TestFolder folder;
    const auto file = folder.write("node.toml", std::string(row.key) + " = " + std::string(row.in_file) + "\n");
    const auto from_file = merge(file, {}, {});
    const auto from_environment = merge(std::nullopt, {{std::string(row.variable), std::string(row.as_text)}}, {});
    const auto from_flag = merge(std::nullopt, {}, {{std::string(row.key), std::string(row.as_text)}});
    ASSERT_TRUE(from_file && from_environment && from_flag) << row.key;  // also of a secret: the command line has none
    EXPECT_NE(fields(*from_file), fields(defaults())) << row.key;
    EXPECT_EQ(fields(*from_file), fields(*from_environment)) << row.key;
    EXPECT_EQ(fields(*from_file), fields(*from_flag)) << row.key;
  }
}

TEST(Settings, LetOnlyADevelopersFunctionsReachTheirOwnMachine) {
  EXPECT_TRUE(defaults(Command::Serve).node.outbound_allow_ranges.empty());
  EXPECT_EQ(defaults(Command::Dev).node.outbound_allow_ranges, address_ranges("127.0.0.0/8, ::1/128").value());
}

TEST(Settings, TakeAnotherAdminPortOnlyForADeveloperWhoNamedNone) {
  EXPECT_EQ(defaults(Command::Dev).node.admin, defaults(Command::Serve).node.admin);
  EXPECT_EQ(defaults(Command::Dev).node.admin_port, node::AdminPort::Any);
  EXPECT_EQ(defaults(Command::Serve).node.admin_port, node::AdminPort::Given);
  Settings named = defaults(Command::Dev);
  ASSERT_TRUE(find_setting("admin")->set(named, "127.0.0.1:7070"));
  EXPECT_EQ(named.node.admin_port, node::AdminPort::Given);
}

TEST(Settings, ThatAreWrongNameTheirPlace) {
  const code::TestFolder folder;
  const auto file = folder.write("node.toml",
                                 "listen = \"3000\"\nthreads = \"two\"\ndomian = \"a.example\"\ninstances = 0\n"
                                 "code = \"gopher://x\"\n");
  const std::string name = file.string();
  EXPECT_EQ(
      mistake(merge(file, {}, {})),
      name +
          ":1:10: \"listen\": \"3000\" is not an address to listen on: write HOST:PORT, for instance 127.0.0.1:3000\n" +
          name + ":2:11: \"threads\" must be a whole number, not a string\n" + name +
          ":3:1: unknown key \"domian\" outside of every [table]; did you mean \"domain\"?\n" + name +
          ":4:13: \"instances\": \"0\" is not a whole number from 1 to 6400\n" + name +
          ":5:8: \"code\": \"gopher://x\" is not a code store: give a folder, file:///path or s3://bucket/prefix");
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_THREADS", "many"}}, {})),
            "PEKO_THREADS: \"many\" is not a whole number from 0 to 1024");
  EXPECT_EQ(mistake(merge(std::nullopt, {}, {{"log", "xml"}})),
            "--log: \"xml\" is not a log format: text, json or off");
}

TEST(Settings, InATableNameTheirPlaceToo) {
  const code::TestFolder folder;
  const auto file =
      folder.write("node.toml", "[limits_max]\ncpu_ms = 0\nmemroy_mb = 5\nlog_kb = \"9\"\nstack_kb = 1\n");
  const std::string name = file.string();
  EXPECT_EQ(mistake(merge(file, {}, {})),
            name + ":2:10: \"limits_max.cpu_ms\": \"0\" is not a whole number from 1 to 300000\n" + name +
                ":3:1: unknown key \"memroy_mb\" in [limits_max]; did you mean \"memory_mb\"?\n" + name +
                ":4:10: \"log_kb\" must be a whole number, not a string\n" + name +
                ":5:1: unknown key \"stack_kb\" in [limits_max]; known here: asset_files asset_mb assets_mb "
                "component_mb cpu_ms keyvalue_mb log_kb memory_mb "
                "request_body_mb request_headers_kb subrequests subrequests_at_once uri_bytes wall_ms");
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_MAX_MEMORY_MB", "2000"}}, {})),
            "PEKO_MAX_MEMORY_MB: \"2000\" is not a whole number from 1 to 1024");
}

TEST(Settings, AreCheckedEvenWhenOverridden) {
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_THREADS", "many"}}, {{"threads", "1"}})),
            "PEKO_THREADS: \"many\" is not a whole number from 0 to 1024");
}

TEST(Settings, IgnoreEmptyVariablesAndWhatIsNotForTheCommand) {
  EXPECT_EQ(merge(std::nullopt, {{"PEKO_LISTEN", ""}}, {})->node.listen, defaults().node.listen);
  EXPECT_EQ(mistake(merge(std::nullopt, {{"PEKO_CODE", "gopher://x"}}, {}, Command::Dev)), "none");
}

TEST(Settings, OfCommandsWithoutANodeAreFew) {
  const Setting& code = *find_setting("code");
  const Setting& listen = *find_setting("listen");
  const Setting& key_file = *find_setting("key_file");
  for (const Command command : {Command::Deploy, Command::Versions, Command::Rollback, Command::Collect,
                                Command::Delete, Command::SecretSet, Command::SecretList, Command::SecretRemove}) {
    EXPECT_TRUE(takes(command, code)) << command_name(command);
    EXPECT_FALSE(takes(command, listen)) << command_name(command);
    EXPECT_EQ(takes(command, key_file), command == Command::Deploy || command == Command::SecretSet);
  }
  const auto merged = merge_settings(default_settings(Command::Versions, {}, Terminal::Kind::Plain),
                                     {.command = Command::Versions, .file = {}, .environment = {}, .flags = {}});
  EXPECT_TRUE(merged) << "no HOME is needed where nothing is cached";
}

TEST(Settings, InAFileHavePathsRelativeToTheFile) {
  const code::TestFolder folder;
  const auto file = folder.write("etc/node.toml", "code = \"../store\"\ncache_dir = \"cache\"\nkey_file = \"key\"\n");
  const auto merged = merge(file, {}, {});
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ(merged->code, (folder.path() / "store").string());
  EXPECT_EQ(merged->node.cache_dir, (folder.path() / "etc/cache").string());
  EXPECT_EQ(merged->node.key_file, (folder.path() / "etc/key").string());
  const auto url = merge(folder.write("url.toml", "code = \"file:///srv/x\"\n"), {}, {});
  EXPECT_EQ(url->code, "file:///srv/x");
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

TEST(DataFolder, IsBesideTheProjectOrWhereServicesKeepTheirState) {
  const auto data = [](Command command, const Environment& environment) {
    return default_settings(command, environment, Terminal::Kind::Plain).node.data_dir;
  };
  EXPECT_EQ(data(Command::Dev, {{"HOME", "/home/me"}}), ".peko/data");
  EXPECT_EQ(data(Command::Serve, {{"HOME", "/home/me"}}), "/home/me/.local/share/peko");
  EXPECT_EQ(data(Command::Serve, {{"HOME", "/home/me"}, {"XDG_DATA_HOME", "/d"}}), "/d/peko");
  EXPECT_EQ(data(Command::Serve, {{"HOME", "/home/me"}, {"STATE_DIRECTORY", "/var/lib/peko:/b"}}), "/var/lib/peko");
  EXPECT_EQ(data(Command::Serve, {}), "") << "then there are no stores";
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

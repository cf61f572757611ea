#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace peko::cli {
namespace {

using Words = std::vector<std::string>;

std::expected<CommandLine, Answer> read(const Words& words) { return read_command_line(words, "peko 9.9.9\n"); }

CommandLine good(const Words& words) {
  auto line = read(words);
  EXPECT_TRUE(line.has_value()) << line.error().text;
  return line.value_or(CommandLine());
}

TEST(CommandLine, OfDevHasPathsAndFlags) {
  const CommandLine line = good({"dev", "api", "--listen", "127.0.0.1:1", "site", "--threads=2"});
  EXPECT_EQ(line.command, Command::Dev);
  EXPECT_EQ(line.paths, (std::vector<std::filesystem::path>{"api", "site"}));
  EXPECT_EQ(line.flags, (Flags{{"listen", "127.0.0.1:1"}, {"threads", "2"}}));
  EXPECT_FALSE(line.config.has_value());
}

TEST(CommandLine, OfDevLooksInThisFolderByDefault) {
  EXPECT_EQ(good({"dev"}).paths, std::vector<std::filesystem::path>{"."});
}

TEST(CommandLine, TellsDevWhetherToWatchAndToOpen) {
  EXPECT_EQ(good({"dev"}).dev.watch, DevWords::Watch::Yes);
  EXPECT_EQ(good({"dev"}).dev.open, DevWords::Open::No);
  EXPECT_EQ(good({"dev", "--no-watch"}).dev.watch, DevWords::Watch::No);
  EXPECT_EQ(good({"dev", "--open", "api"}).dev.open, DevWords::Open::Yes);
}

TEST(CommandLine, TellsDevWhetherPagesAreReloaded) {
  EXPECT_EQ(good({"dev"}).dev.live_reload, edge::LiveReload::On);
  EXPECT_EQ(good({"dev", "--no-live-reload"}).dev.live_reload, edge::LiveReload::Off);
}

TEST(CommandLine, OfServeKnowsEverySetting) {
  Words words = {"serve", "--config", "node.toml"};
  std::size_t flags = 0;
  for (const Setting& setting : all_settings()) {
    if (setting.flag.empty()) continue;
    words.emplace_back(setting.flag);
    words.emplace_back("1");
    ++flags;
  }
  const CommandLine line = good(words);
  EXPECT_EQ(line.command, Command::Serve);
  EXPECT_EQ(line.flags.size(), flags);
  EXPECT_EQ(line.config, "node.toml");
}

TEST(CommandLine, OfNewHasAPathAndAlsoNone) {
  const CommandLine line = good({"new", "work/my-app", "--template", "ts", "--name", "x", "--no-git", "--json"});
  EXPECT_EQ(line.command, Command::New);
  EXPECT_EQ(line.project.path, "work/my-app");
  EXPECT_EQ(line.project.chosen, "ts");
  EXPECT_EQ(line.project.function, "x");
  EXPECT_TRUE(line.project.no_git && !line.project.list);
  EXPECT_EQ(line.print_as, PrintAs::Json);
  EXPECT_EQ(good({"new"}).project.path, "");
  EXPECT_TRUE(good({"new", "--list"}).project.list);
}

TEST(CommandLine, OfCompileWorkerHasInputAndOutput) {
  const CommandLine line = good({"compile-worker", "--output", "out", "in"});
  EXPECT_EQ(line.command, Command::CompileWorker);
  EXPECT_EQ(line.input, "in");
  EXPECT_EQ(line.output, "out");
}

TEST(CommandLine, OfCheckHasAFileAndAForm) {
  const CommandLine line = good({"check", "a.wasm"});
  EXPECT_EQ(line.command, Command::Check);
  EXPECT_EQ(line.input, "a.wasm");
  EXPECT_EQ(line.print_as, PrintAs::Text);
  EXPECT_EQ(good({"check", "--json", "a.wasm"}).print_as, PrintAs::Json);
}

TEST(CommandLine, OfSymboliseWorkerHasOffsetsInAFile) {
  const CommandLine line = good({"symbolise-worker", "--hash", "ab", "--offset", "1", "--offset", "4294967295", "in"});
  EXPECT_EQ(line.command, Command::SymboliseWorker);
  EXPECT_EQ(line.hash, "ab");
  EXPECT_EQ(line.offsets, (std::vector<std::uint32_t>{1, 4294967295}));
  EXPECT_EQ(line.input, "in");
}

TEST(CommandLine, OfDeployHasAPathAndWords) {
  const CommandLine line = good({"deploy",     "api",       "--env",  "A=1",     "--env", "B=2",     "--weight",
                                 "10",         "--message", "why",    "--admin", "a:1",   "--admin", "b:2",
                                 "--no-build", "--dry-run", "--json", "--name",  "x",     "--code",  "/srv"});
  EXPECT_EQ(line.command, Command::Deploy);
  EXPECT_EQ(line.store.path, "api");
  EXPECT_EQ(line.store.variables, (Words{"A=1", "B=2"}));
  EXPECT_EQ(line.store.weight, 10U);
  EXPECT_EQ(line.store.message, "why");
  EXPECT_EQ(line.store.admins, (Words{"a:1", "b:2"}));
  EXPECT_TRUE(line.store.no_build && line.store.dry_run);
  EXPECT_EQ(line.store.function, "x");
  EXPECT_EQ(line.print_as, PrintAs::Json);
  EXPECT_EQ(line.flags, (Flags{{"code", "/srv"}}));
  EXPECT_EQ(good({"deploy"}).store.path, ".");
}

TEST(CommandLine, OfTheOtherCommandsAroundAStore) {
  EXPECT_EQ(good({"build", "x"}).command, Command::Build);
  EXPECT_EQ(good({"versions"}).store.function, "");
  EXPECT_EQ(good({"versions", "api"}).store.function, "api");
  EXPECT_EQ(good({"rollback", "api", "v3"}).store.version, "v3");
  EXPECT_EQ(good({"gc", "--keep", "3"}).store.keep, 3U);
  EXPECT_EQ(good({"gc"}).store.keep, 10U);
  EXPECT_TRUE(good({"delete", "api", "--yes"}).store.yes);
  const CommandLine set = good({"secret", "set", "api", "KEY"});
  EXPECT_EQ(set.command, Command::SecretSet);
  EXPECT_EQ(set.store.function + "/" + set.store.secret, "api/KEY");
  EXPECT_EQ(good({"secret", "remove", "api", "KEY"}).command, Command::SecretRemove);
  EXPECT_EQ(good({"secret", "list", "api"}).command, Command::SecretList);
}

struct Row {
  Words words;
  std::string_view message;  // the first line
  std::string_view hint;     // the second
};

TEST(CommandLine, ThatIsWrongSaysWhatWasMeant) {
  const Row rows[] = {
      {{"deev"}, "peko: unknown command \"deev\"; did you mean dev?", "Try `peko --help`."},
      {{"server"}, "peko: unknown command \"server\"; did you mean serve?", "Try `peko --help`."},
      {{"frobnicate"}, "peko: unknown command \"frobnicate\"", "Try `peko --help`."},
      {{"dev", "--lisen", "127.0.0.1:1"},
       "peko dev: unknown flag --lisen; did you mean --listen?",
       "Try `peko dev --help`."},
      {{"dev", "--lisen=127.0.0.1:1"},
       "peko dev: unknown flag --lisen; did you mean --listen?",
       "Try `peko dev --help`."},
      {{"dev", "--frobnicate"}, "peko dev: unknown flag --frobnicate", "Try `peko dev --help`."},
      {{"dev", "-x"}, "peko dev: unknown flag -x", "Try `peko dev --help`."},
      {{"dev", "--code", "x"}, "peko dev: unknown flag --code", "Try `peko dev --help`."},
      {{"dev", "--listen"}, "peko dev: --listen needs a value", "Try `peko dev --help`."},
      {{"serve", "x"}, "peko serve: unexpected argument \"x\"", "Try `peko serve --help`."},
      {{"serve", "--code", "a", "--code", "b"},
       "peko serve: --code is given 2 times: a node reads one code store",
       "Try `peko serve --help`."},
      {{"dev", "--listen", "a", "--listen", "b"}, "peko dev: --listen is given 2 times", "Try `peko dev --help`."},
      {{"serve", "--config", "a", "--config", "b"},
       "peko serve: --config is given 2 times",
       "Try `peko serve --help`."},
      {{"--frobnicate"}, "peko: unknown flag --frobnicate", "Try `peko --help`."},
      {{"--verison"}, "peko: unknown flag --verison; did you mean --version?", "Try `peko --help`."},
      {{"deplyo"}, "peko: unknown command \"deplyo\"; did you mean deploy?", "Try `peko --help`."},
      {{"deploy", "--mesage", "x"},
       "peko deploy: unknown flag --mesage; did you mean --message?",
       "Try `peko deploy --help`."},
      {{"deploy", "a", "b"}, "peko deploy: unexpected argument \"b\"", "Try `peko deploy --help`."},
      {{"new", "a", "b"}, "peko new: unexpected argument \"b\"", "Try `peko new --help`."},
      {{"new", "a", "--templat=ts"},
       "peko new: unknown flag --templat; did you mean --template?",
       "Try `peko new --help`."},
      {{"new", "--template", "ts", "--template", "js"},
       "peko new: --template is given 2 times",
       "Try `peko new --help`."},
      {{"rollback"}, "peko rollback: NAME is required", "Try `peko rollback --help`."},
      {{"gc", "--keep", "x"},
       "peko gc: --keep: \"x\" is not a whole number from 1 to 1000000",
       "Try `peko gc --help`."},
      {{"gc", "--keep", "1", "--keep", "2"}, "peko gc: --keep is given 2 times", "Try `peko gc --help`."},
      {{"secret", "lst"}, "peko secret: unknown command \"lst\"; did you mean list?", "Try `peko secret --help`."},
      {{"secret", "set", "api"}, "peko secret set: KEY is required", "Try `peko secret set --help`."},
      {{"secret", "set", "api", "KEY", "value"},
       "peko secret set: unexpected argument \"value\"",
       "Try `peko secret set --help`."},
      {{"compile-worker", "in"}, "peko compile-worker: --output is required", "Try `peko compile-worker --help`."},
  };
  for (const Row& row : rows) {
    const auto line = read(row.words);
    ASSERT_FALSE(line.has_value()) << row.message;
    EXPECT_EQ(line.error().status, kExitUsage);
    EXPECT_EQ(line.error().text, std::string(row.message) + "\n" + std::string(row.hint) + "\n");
  }
}

TEST(CommandLine, WithoutACommandShowsTheHelpAsAnError) {
  const auto line = read({});
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error().status, kExitUsage);
  EXPECT_NE(line.error().text.find("Usage: peko"), std::string::npos);
}

TEST(Help, HasUsageExamplesAndExitStatuses) {
  for (const Words& words :
       {Words{"new", "--help"}, Words{"--help"}, Words{"-h"}, Words{"help"}, Words{"dev", "--help"},
        Words{"help", "dev"}, Words{"serve", "--help"}, Words{"build", "--help"}, Words{"deploy", "--help"},
        Words{"versions", "--help"}, Words{"rollback", "--help"}, Words{"gc", "--help"}, Words{"delete", "--help"},
        Words{"secret"}, Words{"secret", "--help"}, Words{"secret", "set", "--help"},
        Words{"help", "secret", "list"}}) {
    const auto line = read(words);
    ASSERT_FALSE(line.has_value());
    EXPECT_EQ(line.error().status, kExitOk);
    const std::string& text = line.error().text;
    for (const std::string_view part :
         {"Usage: peko", "Examples:", "Exit status: 0 success, 1 failed, 2 wrong usage"}) {
      EXPECT_NE(text.find(part), std::string::npos) << text;
    }
  }
}

TEST(Help, OfACommandNamesItsFlags) {
  const auto dev = read({"dev", "--help"});
  const auto serve = read({"serve", "--help"});
  for (const Setting& setting : all_settings()) {
    const std::string_view flag = setting.flag;
    EXPECT_NE(serve.error().text.find(flag), std::string::npos) << flag;
    EXPECT_EQ(dev.error().text.find(flag) != std::string::npos, setting.commands == Setting::For::Both) << flag;
  }
}

TEST(CommandLine, TakesNoSecret) {
  EXPECT_NE(read({"serve", "--admin-token", "0123456789abcdef"}).error().text.find("unknown flag --admin-token"),
            std::string::npos);
  EXPECT_NE(read({"serve", "--help"}).error().text.find("PEKO_ADMIN_TOKEN"), std::string::npos);
}

TEST(Help, HidesTheInternalCommand) {
  EXPECT_EQ(read({"--help"}).error().text.find("compile-worker"), std::string::npos);
}

TEST(Version, IsAnAnswer) {
  const auto line = read({"--version"});
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error().status, kExitOk);
  EXPECT_EQ(line.error().text, "peko 9.9.9\n");
}

TEST(CommandLine, OfDoctorMayNameAProjectAndSettings) {
  EXPECT_EQ(good({"doctor"}).tool.path, "");
  const CommandLine line = good({"doctor", "api", "--code", "/srv/peko", "--json"});
  EXPECT_EQ(line.tool.path, "api");
  EXPECT_EQ(line.flags, (Flags{{"code", "/srv/peko"}}));
  EXPECT_EQ(line.print_as, PrintAs::Json);
}

TEST(CommandLine, ToBeCompletedIsTakenAsItIs) {
  const CommandLine line = good({"complete-words", "serve", "--nonsense", "--help", ""});
  EXPECT_EQ(line.command, Command::CompleteWords);
  EXPECT_EQ(line.words, (std::vector<std::string>{"serve", "--nonsense", "--help", ""}));
}

}  // namespace
}  // namespace peko::cli

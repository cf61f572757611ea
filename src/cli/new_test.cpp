#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "cli/captured.hpp"
#include "cli/commands.hpp"
#include "code/test_folder.hpp"
#include "scaffold/templates.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class NewTest : public testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "new");
    const Environment environment;  // no PATH: no git
    const SystemClock clock;
    const UniqueFd nothing(::open("/dev/null", O_RDONLY));
    return cli::run(words, {.environment = environment,
                            .out = out_.terminal(),
                            .err = err_.terminal(),
                            .clock = clock,
                            .version = "",
                            .start_node = nullptr,
                            .compile = nullptr,
                            .in = in_ ? in_.get() : nothing.get()});
  }
  /// A person who has typed `keys` already.
  void sits_there_and_types(std::string_view keys) {
    int keyboard = -1;
    int program = -1;
    ASSERT_EQ(::openpty(&keyboard, &program, nullptr, nullptr, nullptr), 0);
    keyboard_ = UniqueFd(keyboard);
    in_ = UniqueFd(program);
    ASSERT_EQ(::write(keyboard, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  std::string path(std::string_view name) { return (folder_.path() / name).string(); }

  code::TestFolder folder_;
  Captured out_;
  Captured err_{Terminal::Kind::Interactive};
  UniqueFd in_;
  UniqueFd keyboard_;
};

TEST_F(NewTest, MakesAProjectAndSaysWhatToTypeNext) {
  ASSERT_EQ(run({path("my-app"), "--template", "ts"}), kExitOk) << err_.text();
  EXPECT_THAT(out_.text(), HasSubstr("from the template ts: 12 files, no git repository: git is not installed"));
  EXPECT_THAT(out_.text(), HasSubstr("  cd " + path("my-app") + "\n  npm install\n  peko dev\n"));
  EXPECT_THAT(out_.text(), HasSubstr("  ! npm: npm is not in PATH\n    apt-get install nodejs npm"));
  EXPECT_THAT(out_.text(), Not(HasSubstr("esbuild")));
  EXPECT_THAT(out_.text(), HasSubstr("http://my-app.localhost:3000/"));
  EXPECT_THAT(*read_file(path("my-app/package.json"), 1 << 20), HasSubstr("\"name\": \"my-app\""));
  EXPECT_EQ(err_.text(), "");
}

TEST_F(NewTest, TakesAnotherNameThanTheFolders) {
  ASSERT_EQ(run({path("My App"), "--template", "c", "--name", "app", "--no-git"}), kExitOk) << err_.text();
  EXPECT_THAT(out_.text(), HasSubstr("  cd '" + path("My App") + "'\n  peko dev\n"));
  EXPECT_THAT(*read_file(path("My App/peko.toml"), 1 << 20), HasSubstr("name = \"app\""));
}

TEST_F(NewTest, TellsProgramsInJson) {
  ASSERT_EQ(run({path("my-app"), "--template", "js", "--json"}), kExitOk) << err_.text();
  const boost::json::value made = boost::json::parse(out_.text());
  EXPECT_EQ(made.at("function"), "my-app");
  EXPECT_EQ(made.at("template"), "js");
  EXPECT_EQ(made.at("folder"), boost::json::string(path("my-app")));
  EXPECT_EQ(made.at("git"), false);
  EXPECT_EQ(made.at("next").as_array().size(), 3U);
  EXPECT_EQ(made.at("test"), "npm test");
  EXPECT_EQ(made.at("missing").as_array().size(), 2U);  // node and npm: there is no PATH
  EXPECT_EQ(made.at("missing").at(0).at("tool"), "node");
}

TEST_F(NewTest, ListsTheTemplates) {
  ASSERT_EQ(run({"--list"}), kExitOk);
  for (const scaffold::Template& each : scaffold::templates()) {
    EXPECT_THAT(out_.text(), HasSubstr("  " + std::string(each.name) + " "));
    EXPECT_THAT(out_.text(), HasSubstr(std::string(each.about) + "\n"));
  }
}

TEST_F(NewTest, ListsTheTemplatesForPrograms) {
  ASSERT_EQ(run({"--list", "--json"}), kExitOk);
  const boost::json::value list = boost::json::parse(out_.text());
  EXPECT_EQ(list.at("templates").as_array().size(), scaffold::templates().size());
  EXPECT_EQ(list.at("templates").at(0).at("name"), "rust");
}

TEST_F(NewTest, AsksAPersonForWhatIsMissing) {
  const std::string target = path("my-app");
  sits_there_and_types("/tmp/My App\n" + target + "\n99\nrast\n3\n");
  ASSERT_EQ(run({"--no-git"}), kExitOk) << err_.text();
  EXPECT_THAT(err_.text(), HasSubstr("\"My App\" is not a function's name"));
  EXPECT_THAT(err_.text(), HasSubstr("for instance \"my-app\""));
  EXPECT_THAT(err_.text(), HasSubstr("   1  rust "));
  EXPECT_THAT(err_.text(), HasSubstr("there is no template \"99\""));
  EXPECT_THAT(err_.text(), HasSubstr("there is no template \"rast\""));
  EXPECT_THAT(out_.text(), HasSubstr("from the template js:"));
}

TEST_F(NewTest, MakesNothingWhenThePersonLeaves) {
  sits_there_and_types("\x04");  // Ctrl-D
  EXPECT_EQ(run({path("my-app")}), kExitFailed);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(NewTest, AsksNobodyWithoutATerminal) {
  EXPECT_EQ(run({}), kExitUsage);
  EXPECT_THAT(err_.text(), HasSubstr("peko new: PATH is required"));
  EXPECT_EQ(run({path("my-app")}), kExitUsage);
  EXPECT_THAT(err_.text(), HasSubstr("peko new: --template is required: one of rust, ts, js, c, "));
  sits_there_and_types("my-app\n");
  EXPECT_EQ(run({"--json", "--template", "c"}), kExitUsage);
}

TEST_F(NewTest, SaysWhatIsWrong) {
  EXPECT_EQ(run({path("my-app"), "--template", "typescript"}), kExitUsage);
  EXPECT_THAT(err_.text(), HasSubstr("peko new: there is no template \"typescript\": see `peko new --list`"));
  EXPECT_EQ(run({path("my-app"), "--template", "hono_api"}), kExitUsage);
  EXPECT_EQ(run({path("My_App"), "--template", "ts"}), kExitUsage);
  EXPECT_THAT(err_.text(), HasSubstr("(for instance \"my-app\")"));
  folder_.write("full/notes.txt", "mine");
  EXPECT_EQ(run({path("full"), "--template", "ts"}), kExitFailed);
  EXPECT_THAT(err_.text(), HasSubstr("full is not empty, there is " + path("full/notes.txt")));
  EXPECT_THAT(out_.text(), Not(HasSubstr("made")));
}

}  // namespace
}  // namespace peko::cli

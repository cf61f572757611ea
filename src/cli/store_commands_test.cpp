#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"
#include "cli/store_fixture.hpp"
#include "code/deployment.hpp"
#include "code/node_key.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class StoreCommandsTest : public StoreCommands {
 protected:
  void deploy(std::string_view content, std::string message) {
    ASSERT_EQ(run({"deploy", project(content), "--message", std::move(message)}), kExitOk) << err();
    clock_.advance(std::chrono::hours(3));
  }

  /// Puts bytes on stdin.
  void send(std::string_view bytes) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(ends[1]);
    stdin_ = UniqueFd(ends[0]);
    in_ = stdin_.get();
  }

  UniqueFd stdin_;
};

TEST_F(StoreCommandsTest, VersionsShowsWhatServesAndWhatDid) {
  deploy("1", "first");
  deploy("2", "second\nwith more");
  ASSERT_EQ(run({"versions", "api"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("api  revision 2, changed 3 h ago by ann@"));
  EXPECT_THAT(out(),
              testing::ContainsRegex("v2 +100 % +2026-01-01 03:00Z +3 h ago +[0-9]+ B +ann@.* second\\.\\.\\.\n"));
  EXPECT_THAT(out(), testing::ContainsRegex("v1 +2026-01-01 00:00Z +6 h ago"));
  ASSERT_EQ(run({"versions", "api", "--json"}), kExitOk);
  EXPECT_EQ(json().at("versions").as_array().size(), 2U);
  EXPECT_EQ(json().at("versions").at(0).at("message").as_string(), "second\nwith more");
  EXPECT_EQ(json().at("current").at("versions").at(0).at("version").as_string(), "v2");
  EXPECT_EQ(json().at("history").as_array().size(), 2U);
}

TEST_F(StoreCommandsTest, VersionsWithoutANameShowsAllFunctions) {
  ASSERT_EQ(run({"versions"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("no functions yet"));
  deploy("1", "first");
  store_.set("functions/dropped.wasm", component());
  store_.set("functions/broken/current.json", "{");
  ASSERT_EQ(run({"versions"}), kExitOk) << err();
  EXPECT_THAT(out(), testing::ContainsRegex("api +v1 100 % +1 +3 h ago +ann@.* +first\n"));
  EXPECT_THAT(out(), HasSubstr("a dropped-in component"));
  EXPECT_THAT(out(), HasSubstr("unreadable: "));
  ASSERT_EQ(run({"versions", "--json"}), kExitOk);
  EXPECT_EQ(json().at("functions").as_array().size(), 3U);
}

TEST_F(StoreCommandsTest, ThatMissAFunctionSaySo) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"versions", "nope"}, {"rollback", "nope"}, {"delete", "nope", "--yes"}, {"secret", "list", "nope"}}) {
    EXPECT_EQ(run(words), kExitFailed) << words[0];
    EXPECT_THAT(err(), HasSubstr("nope")) << words[0];
  }
}

TEST_F(StoreCommandsTest, RollbackMakesAnEarlierVersionServe) {
  deploy("1", "");
  deploy("2", "");
  deploy("3", "");
  ASSERT_EQ(run({"rollback", "api"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("api v2 100 %, revision 4"));
  ASSERT_EQ(run({"rollback", "api", "v1", "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("version").as_string(), "v1");
  EXPECT_EQ(json().at("revision").as_int64(), 5);
  EXPECT_EQ(run({"rollback", "api", "v9"}), kExitFailed);
  EXPECT_THAT(err(), HasSubstr("v9"));
  EXPECT_EQ(run({"rollback", "api", "latest"}), kExitUsage);
}

TEST_F(StoreCommandsTest, GcRemovesWhatNothingNeeds) {
  for (const char* content : {"1", "2", "3", "4"}) deploy(content, "");
  ASSERT_EQ(run({"gc", "--keep", "1", "--dry-run"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("would remove 4 objects"));
  EXPECT_THAT(keys_below("versions/"), SizeIs(4));
  ASSERT_EQ(run({"gc", "--keep", "1", "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("keys").as_array().size(), 4U);
  EXPECT_THAT(keys_below("versions/"), SizeIs(2)) << "the current and the one before it";
  ASSERT_EQ(run({"gc"}), kExitOk);
  EXPECT_EQ(out(), "  nothing to remove\n");
  EXPECT_EQ(run({"gc", "--keep", "0"}), kExitUsage);
}

TEST_F(StoreCommandsTest, DeleteWantsAYes) {
  deploy("1", "");
  send("y\n");
  EXPECT_EQ(run({"delete", "api"}), kExitUsage) << "a pipe is nobody";
  EXPECT_THAT(err(), HasSubstr("--yes"));
  ASSERT_EQ(run({"delete", "api", "--yes"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("peko rollback api"));
  ASSERT_EQ(run({"rollback", "api"}), kExitOk) << err();
}

TEST_F(StoreCommandsTest, SecretsAreSealedAndNeverShown) {
  deploy("1", "");
  const std::string key = key_file();
  send("hunter2\n");
  ASSERT_EQ(run({"secret", "set", "api", "PASSWORD", "--key-file", key}), kExitOk) << err();
  EXPECT_THAT(out() + err(), Not(HasSubstr("hunter2")));
  const auto now = code::Publisher(store_, clock_).current("api");
  ASSERT_THAT(now->secrets, SizeIs(1));
  EXPECT_EQ(code::NodeKey::read(key)->unseal("api", "PASSWORD", now->secrets[0].second), "hunter2");
  for (const std::string& object : store_.keys()) {
    EXPECT_THAT(*store_.bytes(object), Not(HasSubstr("hunter2"))) << object;
  }
  ASSERT_EQ(run({"secret", "list", "api"}), kExitOk);
  EXPECT_EQ(out(), "PASSWORD\n");
  ASSERT_EQ(run({"secret", "list", "api", "--json"}), kExitOk);
  EXPECT_EQ(json().at("secrets").at(0).as_string(), "PASSWORD");
  ASSERT_EQ(run({"secret", "remove", "api", "PASSWORD"}), kExitOk) << err();
  ASSERT_EQ(run({"secret", "list", "api"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("no secrets"));
}

TEST_F(StoreCommandsTest, SecretsWantTheNodesKeyAndAValue) {
  send("x");
  EXPECT_EQ(run({"secret", "set", "api", "KEY"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("--key-file"));
  send("\n");
  EXPECT_EQ(run({"secret", "set", "api", "KEY", "--key-file", key_file()}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("the value is empty"));
}

TEST_F(StoreCommandsTest, BuildRunsTheCommandAndChecksTheResult) {
  EXPECT_EQ(run({"build", project("1", "[build]\ncommand = \"echo building\"\n")}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("building\n"));
  EXPECT_THAT(out(), HasSubstr("Peko can run it"));
  EXPECT_EQ(run({"build", project("1", "[build]\ncommand = \"echo building\"\n"), "--json"}), kExitOk);
  EXPECT_EQ(json().at("function").as_string(), "api") << "the build's output is not on stdout";
  EXPECT_THAT(err(), HasSubstr("building\n"));
  EXPECT_EQ(run({"build", project("1", "[build]\ncommand = \"false\"\n")}), kExitFailed);
  EXPECT_EQ(run({"build", project()}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("no [build] command"));
  EXPECT_EQ(opened_, "") << "no store is needed";
}

}  // namespace
}  // namespace peko::cli

#include "cli/store_fixture.hpp"
#include "code/deployment.hpp"
#include "code/node_key.hpp"
#include "code/publisher.hpp"
#include "engine/script_engine.hpp"

namespace peko::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class DeployTest : public StoreCommands {
 protected:
  code::Deployment current() {
    const auto now = code::Publisher(store_, clock_).current("api");
    EXPECT_TRUE(now) << now.error().message;
    return now.value_or(code::Deployment());
  }
  code::VersionRecord newest() { return code::Publisher(store_, clock_).versions("api")->records.front(); }
};

TEST_F(DeployTest, MakesAVersionCurrentAndSaysWhereItIsLive) {
  ASSERT_EQ(run({"deploy", project(), "--message", "first"}), kExitOk) << err();
  EXPECT_EQ(opened_, "/srv/peko");
  EXPECT_THAT(current().versions, SizeIs(1));
  EXPECT_THAT(newest().author, testing::StartsWith("ann@"));
  EXPECT_EQ(newest().message, "first");
  EXPECT_THAT(out(), HasSubstr("+ checked"));
  EXPECT_THAT(out(), HasSubstr("api v1 is live\n    http://api.localhost:8080/\n"));
  EXPECT_THAT(out(), Not(HasSubstr("peko rollback"))) << "there is nothing to go back to";
  EXPECT_THAT(out(), HasSubstr("--key-file")) << "without a key it says how to send machine code";
  EXPECT_THAT(keys_below("artifacts/"), IsEmpty());
}

TEST_F(DeployTest, SaysHowToGoBackAndSendsNothingTwice) {
  ASSERT_EQ(run({"deploy", project()}), kExitOk);
  ASSERT_EQ(run({"deploy", project(), "--env", "A=1", "--code", "s3://bkt"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("v2, the store had the component"));
  EXPECT_THAT(out(), HasSubstr("Back to v1:  peko rollback api v1 --code s3://bkt\n"));
  EXPECT_EQ(newest().settings.environment, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}}));
  EXPECT_EQ(compiled_, 1) << "what the store has was compiled once already";
  EXPECT_THAT(keys_below("components/"), SizeIs(1));
}

TEST_F(DeployTest, SaysWhereItIsLiveAsFarAsItCanKnow) {
  ASSERT_EQ(run({"deploy", project(), "--code", "s3://bkt"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("    api.<domain of the nodes>\n"));
  ASSERT_EQ(run({"deploy", project(), "--code", "s3://bkt", "--domain", "fn.example.com"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("    api.fn.example.com\n    v2--api.fn.example.com  only this version\n"));
}

TEST_F(DeployTest, WithTheNodesKeySendsSignedMachineCodeOnce) {
  const std::string key = key_file();
  ASSERT_EQ(run({"deploy", project(), "--key-file", key}), kExitOk) << err();
  const auto artifacts = keys_below("artifacts/");
  ASSERT_THAT(artifacts, ElementsAre(code::artifact_key("engine-1", newest().component)));
  const auto node = code::NodeKey::read(key);
  EXPECT_TRUE(node->without_signature("engine-1", newest().component, *store_.bytes(artifacts[0])));
  ASSERT_EQ(run({"deploy", project(), "--key-file", key}), kExitOk);
  EXPECT_EQ(compiled_, 1);
  EXPECT_THAT(out(), HasSubstr("the store has the machine code"));
  store_.set(artifacts[0], "forged");
  ASSERT_EQ(run({"deploy", project(), "--key-file", key}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("damaged, or signed with another key"));
  EXPECT_TRUE(node->without_signature("engine-1", newest().component, *store_.bytes(artifacts[0])));
}

/// A project "site" whose bundler is a fake: it copies the source, and writes a map with the source in it.
class ScriptDeployTest : public DeployTest {
 protected:
  std::string script_project(std::string_view source) {
    folder_.write("site/index.js", source);
    folder_.write("site/peko.toml", "name = \"site\"\nscript = \"index.js\"\n");
    const auto esbuild =
        folder_.write("site/node_modules/.bin/esbuild",
                      "#!/bin/sh\nfor word; do case $word in --outfile=*) out=${word#*=};; esac; done\n"
                      "cp \"$1\" \"$out\"\n" +
                          map_maker_);
    std::filesystem::permissions(esbuild, std::filesystem::perms::owner_all);
    return (folder_.path() / "site").string();
  }
  code::VersionRecord newest_script() { return code::Publisher(store_, clock_).versions("site")->records.front(); }

  std::string map_maker_ =
      R"(echo '{"version":3,"sources":["../index.js"],"sourcesContent":["secret"],"mappings":"AAAA"}' > "$out.map")";
};

TEST_F(ScriptDeployTest, SendsTheEnginesMachineCodeOnceForAllScripts) {
  const std::string key = key_file();
  ASSERT_EQ(run({"deploy", script_project("one"), "--key-file", key, "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("artifact").at("status").as_string(), "sent");
  const std::string artifact = code::artifact_key("engine-1", engine::script_engine_hash());
  EXPECT_THAT(keys_below("artifacts/"), ElementsAre(artifact));
  EXPECT_TRUE(
      code::NodeKey::read(key)->without_signature("engine-1", engine::script_engine_hash(), *store_.bytes(artifact)));
  ASSERT_EQ(run({"deploy", script_project("two"), "--key-file", key, "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("artifact").at("status").as_string(), "there");
  EXPECT_EQ(compiled_, 1);
}

TEST_F(ScriptDeployTest, ThatIsDryDoesNotCompileTheEngine) {
  ASSERT_EQ(run({"deploy", script_project("one"), "--key-file", key_file(), "--dry-run"}), kExitOk) << err();
  EXPECT_EQ(compiled_, 0);
  EXPECT_THAT(out(), HasSubstr("the JavaScript engine's, once"));
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_F(ScriptDeployTest, WithoutAKeyLeavesTheEngineToNodesAndSaysNothingOfIt) {
  ASSERT_EQ(run({"deploy", script_project("one")}), kExitOk) << err();
  EXPECT_EQ(compiled_, 0);
  EXPECT_THAT(out(), Not(HasSubstr("--key-file")));
}

TEST_F(ScriptDeployTest, IsLiveAlsoWhenTheEngineDoesNotCompileHere) {
  compile_error_ = Error{Code::Unavailable, "it was killed"};
  ASSERT_EQ(run({"deploy", script_project("one"), "--key-file", key_file()}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("it was killed"));
  EXPECT_THAT(keys_below("artifacts/"), IsEmpty());
}

TEST_F(ScriptDeployTest, SendsTheSourceMapWithoutTheSources) {
  ASSERT_EQ(run({"deploy", script_project("one")}), kExitOk) << err();
  ASSERT_TRUE(newest_script().source_map);
  EXPECT_EQ(store_.bytes(code::source_map_key(*newest_script().source_map)),
            R"({"version":3,"sources":["../index.js"],"mappings":"AAAA"})");
  ASSERT_EQ(run({"deploy", script_project("one"), "--no-source-map"}), kExitOk) << err();
  EXPECT_FALSE(newest_script().source_map);
}

TEST_F(ScriptDeployTest, IsLiveAlsoWithoutAGoodSourceMap) {
  map_maker_ = "echo broken > \"$out.map\"";
  ASSERT_EQ(run({"deploy", script_project("one")}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("no source map"));
  EXPECT_FALSE(newest_script().source_map);
}

TEST_F(DeployTest, SendsCodeBeforeThePointerMoves) {
  ASSERT_EQ(run({"deploy", project(), "--key-file", key_file()}), kExitOk);
  std::vector<std::string> puts;
  for (const auto& call : store_.calls()) {
    if (call.operation == code::MemoryStore::Operation::Put) puts.push_back(call.key);
  }
  ASSERT_FALSE(puts.empty());
  EXPECT_EQ(puts.back(), code::pointer_key("api"));
  EXPECT_THAT(puts.front(), HasSubstr("artifacts/"));
}

TEST_F(DeployTest, OfACanarySharesTheRequests) {
  ASSERT_EQ(run({"deploy", project("1")}), kExitOk);
  ASSERT_EQ(run({"deploy", project("2"), "--weight", "10"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("v1 90 %, v2 10 %"));
  EXPECT_THAT(out(), HasSubstr("All requests to it:  peko rollback api v2"));
  EXPECT_THAT(current().versions, SizeIs(2));
}

TEST_F(DeployTest, ThatIsDryChangesNothing) {
  ASSERT_EQ(run({"deploy", project(), "--dry-run", "--key-file", key_file()}), kExitOk) << err();
  EXPECT_THAT(store_.keys(), IsEmpty());
  EXPECT_EQ(compiled_, 1) << "it shows that nodes can compile it";
  EXPECT_THAT(out(), HasSubstr("nothing was changed"));
}

TEST_F(DeployTest, TellsProgramsInJson) {
  ASSERT_EQ(run({"deploy", project(), "--json", "--key-file", key_file()}), kExitOk);
  EXPECT_EQ(json().at("ok").as_bool(), true);
  EXPECT_EQ(json().at("version").as_string(), "v1");
  EXPECT_EQ(json().at("component").at("sent").as_bool(), true);
  EXPECT_EQ(json().at("artifact").at("status").as_string(), "sent");
  EXPECT_EQ(run({"deploy", (folder_.path() / "absent").string(), "--json"}), kExitFailed);
  EXPECT_EQ(json().at("ok").as_bool(), false);
  EXPECT_THAT(std::string(json().at("error").at("message").as_string()), HasSubstr("does not exist"));
}

TEST_F(DeployTest, ThatFailsChangesNothing) {
  struct Row {
    std::string_view manifest;
    std::string_view says;
  };
  const Row rows[] = {
      {"[build]\ncommand = \"exit 3\"\n", "the build failed with status 3"},
      {"[build]\ncommand = \"rm a.wasm\"\n", "a.wasm is missing"},
      {"[build]\ncommand = \"echo no > a.wasm\"\n", "a.wasm is text, not WebAssembly"},
      {"[limits]\ncomponent_mb = 0\n", "peko.toml:4:"},
      {"[limits]\ncpu_sm = 5\n", "did you mean \"cpu_ms\""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(run({"deploy", project("1", row.manifest)}), kExitFailed) << row.says;
    EXPECT_THAT(err(), HasSubstr(std::string(row.says)));
  }
  compile_error_ = Error{Code::Invalid, "it does not validate"};
  EXPECT_EQ(run({"deploy", project()}), kExitFailed);
  EXPECT_THAT(err(), HasSubstr("a.wasm: it does not validate"));
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_F(DeployTest, LooksForTheStoreBeforeItBuilds) {
  store_.fail_calls(code::MemoryStore::kForEver, Code::Unavailable);
  EXPECT_EQ(run({"deploy", project("1", "[build]\ncommand = \"touch built\"\n")}), kExitFailed);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "api/built"));
}

TEST_F(DeployTest, CanLeaveTheBuildOut) {
  ASSERT_EQ(run({"deploy", project("1", "[build]\ncommand = \"exit 3\"\n"), "--no-build"}), kExitOk) << err();
}

TEST_F(DeployTest, ThatIsOvertakenSaysByWhomAndLosesNothing) {
  ASSERT_EQ(run({"deploy", project("1")}), kExitOk);
  bool once = false;
  store_.before_each([&](const code::MemoryStore::Call& call) -> Status {
    if (call.operation == code::MemoryStore::Operation::Put && call.key == code::pointer_key("api") && !once) {
      once = true;
      code::Function settings;
      settings.name = "api";
      EXPECT_TRUE(
          code::Publisher(store_, clock_)
              .deploy({.settings = settings, .component = component("3")}, {.author = "bob@b", .message = "mine"}));
    }
    return {};
  });
  EXPECT_EQ(run({"deploy", project("2")}), kExitFailed);
  EXPECT_THAT(err(), HasSubstr("bob@b"));
  EXPECT_THAT(err(), HasSubstr("do it again"));
  ASSERT_EQ(run({"deploy", project("2")}), kExitOk);
  EXPECT_EQ(current().revision, 3U);
}

TEST_F(DeployTest, WaitsForNodes) {
  nodes_.answer = [](const cloud::HttpRequest& request) -> Result<cloud::HttpResponse> {
    if (request.url.starts_with("http://closed")) return cloud::HttpResponse{.status = 401, .headers = {}, .body = {}};
    return cloud::HttpResponse{
        .status = 200, .headers = {}, .body = R"({"functions":[{"name":"api","state":"loaded","revision":2}]})"};
  };
  ASSERT_EQ(run({"deploy", project(), "--admin", "a:7070"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("+ confirmed  http://a:7070"));
  EXPECT_EQ(run({"deploy", project(), "--admin", "a:7070", "--admin", "closed:1"}), kExitFailed)
      << "the deploy stands, but not every node has it";
  EXPECT_THAT(out(), HasSubstr("http://closed:1: it refuses"));
  EXPECT_THAT(out(), HasSubstr("api v2 is live"));
}

TEST_F(DeployTest, ThatIsMistypedIsAUsageError) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> rows = {
      {{"--env", "A"}, "--env: \"A\" is not KEY=VALUE"},
      {{"--weight", "0"}, "--weight: \"0\" is not a whole number from 1 to 100"},
      {{"--admin", "ftp://x"}, "--admin: "},
      {{"--key-file", "/absent"}, "/absent"},
      {{"--message", "a", "--message", "b"}, "--message is given 2 times"},
      {{"--code", "gopher://x"}, "not a code store"},
  };
  for (const auto& [flags, says] : rows) {
    std::vector<std::string> words = {"deploy", project()};
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_EQ(run(words), kExitUsage) << says;
    EXPECT_THAT(err(), HasSubstr(says));
  }
  environment_.erase("PEKO_CODE");
  EXPECT_EQ(run({"deploy", project()}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("no code store is named"));
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_F(DeployTest, OfABareComponentTakesItsNameFromTheFileOrTheFlag) {
  const std::string file = folder_.write("site.wasm", component()).string();
  ASSERT_EQ(run({"deploy", file}), kExitOk) << err();
  ASSERT_EQ(run({"deploy", file, "--name", "other"}), kExitOk) << err();
  EXPECT_THAT(keys_below("functions/"), ElementsAre("functions/other/current.json", "functions/site/current.json"));
}

}  // namespace
}  // namespace peko::cli

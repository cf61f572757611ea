#include "cli/commands.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "cli/captured.hpp"
#include "cli/fake_stage.hpp"
#include "cli/serving.hpp"
#include "code/memory_store.hpp"
#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using namespace std::string_view_literals;

/// Runs commands against a node that exists only in what it is told and what it answers.
class CommandsTest : public testing::Test {
 protected:
  class FakeNode final : public RunningNode {
   public:
    explicit FakeNode(CommandsTest& test) : test_(test) {}
    [[nodiscard]] std::string address() const override { return test_.config_->listen; }
    [[nodiscard]] std::string admin_address() const override { return test_.config_->admin; }
    [[nodiscard]] node::FunctionStage* stage() override { return &test_.stage_; }
    /// Until `dev` has shown what it serves, or has found nothing.
    int run(const std::function<void()>& stopping) override {
      const auto told = [this] { return test_.out_.text().find("Ctrl-C to stop") != std::string::npos; };
      while (stopping && !stopped_ && !told()) std::this_thread::yield();
      if (stopping) stopping();
      test_.ran_ = !stopped_;
      return 0;
    }
    void stop() override { stopped_ = true; }

   private:
    CommandsTest& test_;
    std::atomic<bool> stopped_ = false;
  };

  /// Functions named in failing_ fail to load; start_error_ comes before all.
  Result<std::unique_ptr<RunningNode>> start(node::Config config, node::Node::Source source,
                                             const node::OnLoaded& on_loaded) {
    if (start_error_) {
      return fail(*start_error_);
    }
    config_ = std::move(config);
    stage_.refuse = [this](const code::Function& function) { return fails(function.name); };
    if (auto* const code = std::get_if<node::CodeSource>(&source)) {
      store_ = std::move(code->store);
      on_loaded({.name = "stored",
                 .status = fails("stored") ? Status(fail(Code::Invalid, "is broken")) : Status(),
                 .from = node::From::Compiler});
    }
    return std::make_unique<FakeNode>(*this);
  }

  [[nodiscard]] bool fails(std::string_view name) const { return std::ranges::find(failing_, name) != failing_.end(); }

  int run(std::vector<std::string> words) {
    return cli::run(
        words,
        {.environment = environment_,
         .out = out_.terminal(),
         .err = err_.terminal(),
         .clock = clock_,
         .version = "peko 9.9.9\nlicence\n",
         .start_node =
             [this](node::Config config, node::Node::Source source, LogSink&, const node::OnLoaded& on_loaded) {
               return start(std::move(config), std::move(source), on_loaded);
             },
         .confine =
             [this](const node::CompileLimits& limits) {
               confined_ = limits;
               return confine_result_;
             },
         .compile = [this](std::span<const char> component, std::string* known) -> Result<std::string> {
           EXPECT_TRUE(confined_.has_value()) << "nothing is compiled outside of the sandbox";
           if (known != nullptr) *known += "+";
           if (component.size() > 8) {
             return fail(Code::Invalid, "imports something unknown");
           }
           return "artifact of " + std::to_string(component.size());
         },
         .open_store = [this](const std::string& url,
                              const std::function<void(std::string_view)>&) -> Result<std::unique_ptr<code::Store>> {
           if (store_error_) {
             return fail(*store_error_);
           }
           opened_ = url;
           return std::make_unique<code::MemoryStore>();
         },
         .in = in_.get()});
  }

  std::string project(std::string_view name) {
    folder_.write(std::string("projects/") + std::string(name) + "/peko.toml",
                  "name = \"" + std::string(name) + "\"\ncomponent = \"x.wasm\"\n");
    return (folder_.path() / "projects").string();
  }

  code::TestFolder folder_;
  Environment environment_ = {{"HOME", folder_.path().string()}};
  SystemClock clock_;
  Captured out_;
  Captured err_;
  std::vector<std::string> failing_;
  std::optional<Error> start_error_;
  UniqueFd in_;
  std::optional<node::Config> config_;  // of the node that was started
  FakeStage stage_;
  std::optional<Error> store_error_;
  std::string opened_;                  // the URL of the store that was opened
  std::unique_ptr<code::Store> store_;  // what the node got
  bool ran_ = false;
  std::optional<node::CompileLimits> confined_;
  Result<std::string> confine_result_ = "";
};

TEST_F(CommandsTest, DevServesWhatItFinds) {
  project("b");
  EXPECT_EQ(run({"dev", project("a")}), kExitOk);
  EXPECT_TRUE(ran_);
  EXPECT_EQ(stage_.functions().size(), 2U);
  EXPECT_EQ(config_->listen, "127.0.0.1:3000");
  EXPECT_EQ(config_->default_function, "");
  EXPECT_EQ(config_->cache_dir, (folder_.path() / ".cache/peko").string());
  EXPECT_NE(out_.text().find("http://a.localhost:3000/"), std::string::npos) << out_.text();
}

TEST_F(CommandsTest, DevMakesItsOnlyFunctionTheDefault) {
  EXPECT_EQ(run({"dev", project("only")}), kExitOk);
  EXPECT_NE(out_.text().find("is answered by only"), std::string::npos) << out_.text();
}

TEST_F(CommandsTest, AFunctionThatFailsDoesNotStopTheOthers) {
  project("bad");
  failing_ = {"bad"};
  EXPECT_EQ(run({"dev", project("good")}), kExitOk);
  EXPECT_TRUE(ran_);
  EXPECT_NE(out_.text().find("is broken"), std::string::npos);
}

TEST_F(CommandsTest, DevWaitsForARepairWhenEverythingFails) {
  failing_ = {"bad"};
  EXPECT_EQ(run({"dev", project("bad")}), kExitOk);
  EXPECT_TRUE(ran_);
  EXPECT_NE(out_.text().find("Watching for changes"), std::string::npos) << out_.text();
}

TEST_F(CommandsTest, WithoutWatchingNothingRunsWhenEverythingFails) {
  failing_ = {"bad"};
  EXPECT_EQ(run({"dev", "--no-watch", project("bad")}), kExitFailed);
  EXPECT_FALSE(ran_);
  EXPECT_NE(err_.text().find("peko dev: no function can be loaded"), std::string::npos) << err_.text();
}

TEST_F(CommandsTest, AManifestThatIsWrongIsShownAndTheRestRuns) {
  folder_.write("projects/bad/peko.toml", "name = \"bad\"\n");
  EXPECT_EQ(run({"dev", project("good")}), kExitOk);
  EXPECT_TRUE(ran_);
  EXPECT_NE(out_.text().find("bad/peko.toml:1:1: \"component\" is missing"), std::string::npos) << out_.text();
}

TEST_F(CommandsTest, OnlyWrongManifestsAreAFailure) {
  folder_.write("projects/bad/peko.toml", "name = \"bad\"\n");
  EXPECT_EQ(run({"dev", "--no-watch", (folder_.path() / "projects").string()}), kExitFailed);
  EXPECT_FALSE(ran_);
}

TEST_F(CommandsTest, AnAddressInUseComesWithAnother) {
  start_error_ = Error{Code::Conflict, "in use"};
  EXPECT_EQ(run({"dev", project("a")}), kExitFailed);
  EXPECT_NE(
      err_.text().find("peko dev: 127.0.0.1:3000 is in use by another program; choose another port: peko dev --listen "
                       "127.0.0.1:3001\n"),
      std::string::npos)
      << err_.text();
  EXPECT_EQ(address_in_use("serve", "[::]:65535"),
            "[::]:65535 is in use by another program; choose another port: peko serve --listen [::]:3000");
}

TEST_F(CommandsTest, ADefaultThatIsNotThereIsAUsageError) {
  project("ssr");
  EXPECT_EQ(run({"dev", project("todo"), "--default", "tood"}), kExitUsage);
  EXPECT_FALSE(ran_);
  EXPECT_NE(err_.text().find("the default function \"tood\" is none of the 2 that there are; did you mean \"todo\"?"),
            std::string::npos)
      << err_.text();
}

TEST_F(CommandsTest, WrongSettingsAreAUsageError) {
  EXPECT_EQ(run({"dev", project("a"), "--threads", "many"}), kExitUsage);
  EXPECT_EQ(err_.text(), "peko dev: --threads: \"many\" is not a whole number from 0 to 1024\n");
}

TEST_F(CommandsTest, DevCanBeToldHowToWatchAndNothingElse) {
  environment_["PEKO_WATCH"] = "poll";
  EXPECT_EQ(run({"dev", project("a")}), kExitOk);
  environment_["PEKO_WATCH"] = "hints";
  EXPECT_EQ(run({"dev", project("a")}), kExitUsage);
  EXPECT_EQ(err_.text(), "peko dev: PEKO_WATCH: \"hints\" is not poll\n");
}

TEST_F(CommandsTest, ServeServesACodeStore) {
  EXPECT_EQ(run({"serve", "--code", "s3://bucket/code"}), kExitOk);
  ASSERT_TRUE(ran_);
  EXPECT_EQ(opened_, "s3://bucket/code");
  EXPECT_NE(store_, nullptr);
  EXPECT_EQ(config_->listen, "0.0.0.0:8080");
  EXPECT_EQ(config_->log_format, node::LogFormat::Json);
  EXPECT_EQ(config_->default_function, "");
  EXPECT_EQ(out_.text(), "") << "everything goes to the log";
  EXPECT_NE(err_.text().find("\"msg\":\"listening on 0.0.0.0:8080; functions at NAME.localhost\""), std::string::npos)
      << err_.text();
  EXPECT_NE(err_.text().find("function stored compiled in"), std::string::npos) << err_.text();
}

TEST_F(CommandsTest, ServeServesAlsoWhenNoFunctionCanBeLoaded) {
  failing_ = {"stored"};
  EXPECT_EQ(run({"serve", "--code", "store"}), kExitOk);
  EXPECT_TRUE(ran_) << "the next deploy may mend it";
  EXPECT_NE(err_.text().find("function stored failed: is broken"), std::string::npos) << err_.text();
}

TEST_F(CommandsTest, ServeWantsAStore) {
  EXPECT_EQ(run({"serve"}), kExitUsage);
  EXPECT_EQ(err_.text(),
            "peko serve: no code store is named: give --code URL, PEKO_CODE or `code` in peko-node.toml\n");
}

TEST_F(CommandsTest, ServeSaysWhatIsWrongWithItsStore) {
  store_error_ = Error{Code::NotFound, "the code store /x does not exist"};
  EXPECT_EQ(run({"serve", "--code", "/x"}), kExitFailed);
  EXPECT_EQ(err_.text(), "peko serve: the code store /x does not exist\n");
  EXPECT_FALSE(config_.has_value()) << "no node is started";
}

TEST_F(CommandsTest, ServeReadsItsSettingsFile) {
  const auto file = folder_.write("node.toml", "code = \"store\"\nlisten = \"127.0.0.1:4000\"\n");
  EXPECT_EQ(run({"serve", "--config", file.string()}), kExitOk);
  EXPECT_EQ(opened_, (folder_.path() / "store").string());
  EXPECT_EQ(config_->listen, "127.0.0.1:4000");
}

TEST_F(CommandsTest, CompileWorkerWritesTheArtifact) {
  const auto input = folder_.write("in.wasm", "\0asm\x0d\0\x01\0"sv);
  const auto output = folder_.path() / "out";
  EXPECT_EQ(run({"compile-worker", "--output", output.string(), input.string()}), kExitOk);
  std::ifstream file(output);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "artifact of 8");
  EXPECT_EQ(err_.text(), "");
}

TEST_F(CommandsTest, CompileWorkerTakesAndLeavesWhatIsKnown) {
  const std::string input = folder_.write("in.wasm", "\0asm\x0d\0\x01\0"sv).string();
  const std::string known = folder_.write("known", "before").string();
  const auto next = folder_.path() / "next";
  const std::string output = (folder_.path() / "out").string();
  EXPECT_EQ(run({"compile-worker", "--output", output, "--known", known, "--known-next", next.string(), input}),
            kExitOk);
  EXPECT_EQ(read_file(next, 100), "before+");
  EXPECT_EQ(read_file(known, 100), "before");
  EXPECT_EQ(run({"compile-worker", "--output", output, "--known", known, input}), kExitUsage);
  EXPECT_EQ(
      run({"compile-worker", "--output", output, "--known", known + "-not", "--known-next", next.string(), input}),
      kExitFailed);
  EXPECT_NE(err_.text().find("known-not"), std::string::npos) << err_.text();
}

TEST_F(CommandsTest, CompileWorkerPractisesUntilItIsToldToGoOn) {
  const std::string input = folder_.write("in.wasm", "\0asm\x0d\0\x01\0"sv).string();
  const std::string known = folder_.write("known", "before").string();
  const auto next = folder_.path() / "next";
  const auto output = folder_.path() / "out";
  const auto practise = [&](std::string_view word, std::string_view rehearsal) {
    in_ = UniqueFd(::open(folder_.write("word", word).c_str(), O_RDONLY | O_CLOEXEC));
    return run({"compile-worker", "--output", output.string(), "--known", known, "--known-next", next.string(),
                "--rehearsal", folder_.write("rehearsal", rehearsal).string(), input});
  };
  EXPECT_EQ(practise("g", "as before"), kExitOk) << "a rehearsal that fails does not matter";
  EXPECT_EQ(read_file(next, 100), "before++");
  EXPECT_EQ(read_file(output, 100), "artifact of 8");
  EXPECT_EQ(practise("g", ""), kExitOk);
  EXPECT_EQ(read_file(next, 100), "before+");
  EXPECT_EQ(practise("", "as before"), kExitOk) << "nobody wants it any more";
  EXPECT_EQ(read_file(next, 100), "");
  EXPECT_EQ(read_file(output, 100), "");
  EXPECT_EQ(err_.text(), "");
}

TEST_F(CommandsTest, CompileWorkerIsConfinedByItsFlags) {
  const auto input = folder_.write("in.wasm", "\0asm\x0d\0\x01\0"sv);
  confine_result_ = "no seccomp";
  EXPECT_EQ(run({"compile-worker", "--memory-mb", "99", "--cpu-seconds", "7", "--output",
                 (folder_.path() / "out").string(), input.string()}),
            kExitOk);
  EXPECT_EQ(confined_, (node::CompileLimits{.memory_mb = 99, .cpu = std::chrono::seconds(7)}));
  EXPECT_EQ(err_.text(), "no seccomp\n");
  confine_result_ = fail(Code::Unavailable, "not confined");
  EXPECT_EQ(run({"compile-worker", "--output", (folder_.path() / "out").string(), input.string()}), kExitFailed);
  EXPECT_EQ(confined_, node::CompileLimits());
}

TEST_F(CommandsTest, CompileWorkerFailsWithOneMessageAndNoOutput) {
  const auto output = folder_.path() / "out";
  EXPECT_EQ(
      run({"compile-worker", "--output", output.string(), folder_.write("a.wasm", "\0asm\x0d\0\x01\0more"sv).string()}),
      kExitFailed);
  EXPECT_EQ(err_.text(), "imports something unknown\n");
  EXPECT_EQ(std::filesystem::file_size(output), 0U);
  EXPECT_EQ(run({"compile-worker", "--output", output.string(), folder_.write("b.wasm", "text").string()}),
            kExitFailed);
  EXPECT_NE(err_.text().find("b.wasm is text, not WebAssembly"), std::string::npos);
}

TEST_F(CommandsTest, HelpAndVersionGoToStdoutAndMistakesToStderr) {
  EXPECT_EQ(run({"--version"}), kExitOk);
  EXPECT_EQ(out_.text(), "peko 9.9.9\nlicence\n");
  EXPECT_EQ(err_.text(), "");
  EXPECT_EQ(run({"deev"}), kExitUsage);
  EXPECT_EQ(err_.text(), "peko: unknown command \"deev\"; did you mean dev?\nTry `peko --help`.\n");
}

}  // namespace
}  // namespace peko::cli

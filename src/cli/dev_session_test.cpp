#include "cli/dev_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <mutex>
#include <thread>

#include "cli/captured.hpp"
#include "cli/fake_stage.hpp"
#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// What a page of the function "a" is told.
class Page final : edge::DevChannel::Listener {
 public:
  explicit Page(edge::DevChannel& channel) : channel_(channel) { (void)channel_.join(*this); }
  ~Page() { channel_.leave(*this); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  edge::DevState now() {
    const std::scoped_lock lock(mutex_);
    return state_;
  }

 private:
  void dev_changed(std::shared_ptr<const edge::DevStates> states) override {
    const std::scoped_lock lock(mutex_);
    state_ = states->at("a");
  }

  edge::DevChannel& channel_;
  std::mutex mutex_;
  edge::DevState state_;
};

/// A folder of projects whose builds copy src to out.wasm, and a session with it. What it does is told by the file that
/// the stage gets.
class DevSessionTest : public testing::TestWithParam<DevWatch> {
 protected:
  explicit DevSessionTest(Terminal::Kind kind = Terminal::Kind::Plain) : out_(kind) {}
  void project(const std::string& name, const std::string& command = "cp src out.wasm", const std::string& more = "") {
    manifest(name, name, command, more);
    write(name + "/src", "1");
  }
  void manifest(const std::string& folder, const std::string& name, const std::string& command,
                const std::string& more = "") {
    write(folder + "/peko.toml", "name = \"" + name + "\"\ncomponent = \"out.wasm\"\n" + more +
                                     "[build]\ncommand = \"\"\"" + command + "\"\"\"\n");
  }
  void write(const std::string& name, std::string_view text) const { folder_.write("projects/" + name, text); }

  void start() {
    session_.emplace(DevSessionParts{.paths = {folder_.path() / "projects"},
                                     .settings = settings_,
                                     .environment = environment_,
                                     .view = view_,
                                     .browsers = browsers_,
                                     .watch = GetParam(),
                                     .on_ready = [this](const std::string& url) { ready_ = url; },
                                     .on_nothing = [this] { nothing_ = true; }});
    ASSERT_TRUE(session_->read_projects());
    session_->start(stage_, {.functions = "127.0.0.1:3000", .admin = ""});
  }
  void TearDown() override {
    if (!session_) return;
    session_->stop();
    EXPECT_TRUE(session_->join(5s));
  }
  /// Waits until it holds.
  template <typename Condition>
  static bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);  // tidy: what happens on other threads
    }
    return true;
  }
  bool told(const std::string& what) {
    return until([&] {
      for (std::string& each : stage_.told()) all_.push_back(std::move(each));
      return std::erase(all_, what) > 0;
    });
  }
  /// Whether the function is served from this project.
  bool is_of(const std::string& name, const std::string& folder) {
    return stage_.functions()[name].component == folder_.path() / "projects" / folder / "out.wasm";
  }
  bool shows(std::string_view text) {
    return until([&] { return out_.text().find(text) != std::string::npos; });
  }

  code::TestFolder folder_;
  Settings settings_;
  const Environment environment_;
  Captured out_;
  Screen screen_{out_.terminal()};
  SystemClock clock_;
  DevView view_{screen_, clock_};
  edge::DevChannel browsers_;
  FakeStage stage_;
  std::vector<std::string> all_;
  std::atomic<bool> nothing_ = false;
  std::atomic<int> loads_ = 0;
  std::atomic<bool> renamed_ = false;
  std::string ready_;
  std::optional<DevSession> session_;
};

TEST_P(DevSessionTest, BuildsWhatChanges) {
  project("a");
  project("b");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put b"));
  ASSERT_TRUE(shows("Watching for changes. Ctrl-C to stop"));
  EXPECT_THAT(out_.text(), HasSubstr("http://a.localhost:3000/"));
  write("a/src", "2");
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(shows("src: live in ")) << out_.text();
  EXPECT_FALSE(std::ranges::count(stage_.told(), "put b"));
}

TEST_P(DevSessionTest, ShowsAFailureUntilItIsRepaired) {
  project("a", "grep -q good src || { echo src:1:1: error: not good; exit 1; }; cp src out.wasm");
  write("a/src", "good");
  start();
  EXPECT_TRUE(told("put a"));
  write("a/src", "bad");
  EXPECT_TRUE(told("fail a src:1:1: error: not good"));
  EXPECT_TRUE(shows("the build failed; what served before goes on serving:")) << out_.text();
  EXPECT_EQ(stage_.functions().count("a"), 1U);
  write("a/src", "good again");
  EXPECT_TRUE(told("put a"));
}

TEST_P(DevSessionTest, KeepsAFailureWhenOnlyItsSettingsChange) {
  const std::string command = "grep -q good src || { echo src:1:1: error: not good; exit 1; }; cp src out.wasm";
  project("a", command);
  write("a/src", "good");
  start();
  EXPECT_TRUE(told("put a"));
  write("a/src", "bad");
  EXPECT_TRUE(told("fail a src:1:1: error: not good"));
  manifest("a", "a", command, "routes = [\"x.example/*\"]\n");
  EXPECT_TRUE(told("fail a src:1:1: error: not good"));
  EXPECT_EQ(std::ranges::count(all_, "put a"), 0) << "it is not what the sources say";
  write("a/src", "good again");
  EXPECT_TRUE(told("put a"));
  manifest("a", "a", command);
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(shows("peko.toml: live in ")) << "and was not built: " << out_.text();
}

TEST_P(DevSessionTest, KeepsAFailureWhenAStaticFileChanges) {
  Page page(browsers_);
  project("a", "grep -q good src && cp src out.wasm", "assets = \"public\"\n");
  write("a/src", "good");
  write("a/public/site.css", "1");
  start();
  EXPECT_TRUE(until([&] { return page.now().changes == 1; }));
  write("a/src", "bad");
  EXPECT_TRUE(until([&] { return page.now().problem != nullptr; }));
  write("a/public/site.css", "2");
  EXPECT_TRUE(until([&] { return page.now().changes >= 2; }));
  EXPECT_NE(page.now().problem, nullptr);
}

TEST_P(DevSessionTest, ShowsAStaticFileThatIsSavedWithAFailure) {
  Page page(browsers_);
  const std::string command = "grep -q good src && cp src out.wasm";
  project("a", command, "assets = \"public\"\n");
  write("a/src", "good");
  write("a/public/site.css", "1");
  start();
  EXPECT_TRUE(until([&] { return page.now().changes == 1; }));
  write("a/public/site.css", "2");
  write("a/src", "bad");
  EXPECT_TRUE(until([&] { return page.now().changes >= 2 && page.now().problem != nullptr; }));
  const edge::DevState before = page.now();
  write("a/public/site.css", "3");
  manifest("a", "a", command, "wrong = 1\n");
  ASSERT_NE(before.problem, nullptr);
  EXPECT_TRUE(until([&] {
    const edge::DevState now = page.now();
    return now.changes > before.changes && now.problem && now.problem->number > before.problem->number;
  }));
}

TEST_P(DevSessionTest, TakesNewProjectsAndForgetsRemovedOnes) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  project("late/er");  // too deep
  project("b");
  EXPECT_TRUE(told("put b"));
  std::filesystem::remove_all(folder_.path() / "projects/a");
  EXPECT_TRUE(told("remove a"));
  EXPECT_EQ(stage_.functions().size(), 1U);
}

TEST_P(DevSessionTest, TakesNewSettings) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  manifest("a", "a", "cp src out.wasm", "wrong = 1\n");
  EXPECT_TRUE(shows("unknown key \"wrong\"")) << out_.text();
  write("a/src", "2");
  EXPECT_TRUE(told("put a")) << "the old settings hold on";
  manifest("a", "a", "cp src out.wasm", "routes = [\"x.example/*\"]\n");
  EXPECT_TRUE(until([&] { return !stage_.functions()["a"].routes.empty(); }));
}

TEST_P(DevSessionTest, FollowsAFunctionToItsNewName) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  manifest("a", "renamed", "cp src out.wasm");
  EXPECT_TRUE(told("put renamed"));
  EXPECT_TRUE(told("remove a"));
}

TEST_P(DevSessionTest, ForgetsANameThatNeverServed) {
  project("a", "exit 1");
  start();
  EXPECT_TRUE(told("fail a the build failed with status 1: `exit 1` in " + (folder_.path() / "projects/a").string()));
  manifest("a", "renamed", "cp src out.wasm");
  EXPECT_TRUE(told("put renamed"));
  EXPECT_TRUE(told("remove a"));
}

TEST_P(DevSessionTest, ForgetsANameThatChangedWhileItWasLoaded) {
  project("a");
  stage_.refuse = [this](const code::Function& function) {
    loads_++;
    until([&] { return function.name != "a" || renamed_; });
    return false;
  };
  start();
  ASSERT_TRUE(until([&] { return loads_ > 0; }));
  manifest("a", "renamed", "cp src out.wasm");
  manifest("b", "b", "make", "wrong = 1\n");
  ASSERT_TRUE(shows("left out:")) << "what was saved before is known by now, too";
  renamed_ = true;
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put renamed"));
  EXPECT_TRUE(told("remove a"));
}

TEST_P(DevSessionTest, RefusesANameThatIsTaken) {
  project("a");
  project("b");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put b"));
  manifest("b", "a", "cp src out.wasm");
  EXPECT_TRUE(shows("two functions have the name \"a\"")) << out_.text();
  write("b/src", "2");
  EXPECT_TRUE(told("put b")) << "the old settings hold on";
  manifest("b", "c", "cp src out.wasm");
  EXPECT_TRUE(told("put c"));
  EXPECT_TRUE(told("remove b"));
  EXPECT_TRUE(is_of("a", "a"));
}

TEST_P(DevSessionTest, LeavesAFunctionAloneWhenItsFolderIsCopied) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  project("b", "cp src out.wasm", "routes = [\"a.example/*\"]\n");
  EXPECT_TRUE(told("put b"));
  std::filesystem::copy(folder_.path() / "projects/a", folder_.path() / "projects/copy");
  EXPECT_TRUE(shows("two functions have the name \"a\"")) << out_.text();
  manifest("copy", "copy", "cp src out.wasm");
  EXPECT_TRUE(told("put copy"));
  EXPECT_TRUE(is_of("a", "a"));
}

TEST_P(DevSessionTest, FollowsAFunctionToItsNewFolder) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  std::filesystem::rename(folder_.path() / "projects/a", folder_.path() / "projects/moved");
  EXPECT_TRUE(told("remove a"));
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(is_of("a", "moved"));
}

TEST_P(DevSessionTest, GivesANameToWhoeverWaitsForIt) {
  project("a");
  project("b");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put b"));
  manifest("b", "a", "cp src out.wasm");
  EXPECT_TRUE(shows("two functions have the name \"a\"")) << out_.text();
  manifest("a", "c", "cp src out.wasm");
  EXPECT_TRUE(told("put c"));
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("remove b"));
  EXPECT_TRUE(is_of("a", "b"));
  EXPECT_TRUE(is_of("c", "a"));
}

TEST_P(DevSessionTest, TakesFormerCodeAwayFromANameThatHasANewOwner) {
  project("a");
  project("b");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put b"));
  manifest("a", "c", "until [ -e ../go ]; do sleep 0.01; done; cp src out.wasm");
  EXPECT_TRUE(told("expect c"));
  manifest("b", "a", "exit 1");
  EXPECT_TRUE(told("fail a the build failed with status 1: `exit 1` in " + (folder_.path() / "projects/b").string()));
  EXPECT_EQ(stage_.functions().count("a"), 0U);
  write("go", "");
  EXPECT_TRUE(told("put c"));
  EXPECT_EQ(stage_.functions().count("b"), 1U) << "which goes on serving";
}

TEST_P(DevSessionTest, ServesWhatIsThereOnceItsFormerNameIsTaken) {
  project("a");
  project("b");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("put b"));
  manifest("a", "c", "exit 1");
  EXPECT_TRUE(told("fail c the build failed with status 1: `exit 1` in " + (folder_.path() / "projects/a").string()));
  manifest("b", "a", "cp src out.wasm");
  EXPECT_TRUE(told("put a"));
  write("a/src", "2");
  EXPECT_TRUE(told("put c")) << "its last component, which nobody serves any more";
}

TEST_P(DevSessionTest, WaitsForAJobThatStillHasTheName) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one job at a time";
  project("a");
  stage_.refuse = [this](const code::Function&) {
    if (++loads_ == 1) until([&] { return renamed_.load(); });
    return false;
  };
  start();
  ASSERT_TRUE(until([&] { return loads_ == 1; }));
  manifest("a", "renamed", "cp src out.wasm");
  write("b/src", "1");
  manifest("b", "a", "cp src out.wasm");
  project("c");
  ASSERT_TRUE(told("put c")) << "whose turn is after that of b";
  renamed_ = true;
  EXPECT_TRUE(told("put renamed"));
  EXPECT_TRUE(until([&] { return is_of("a", "b"); }));
  for (std::string& each : stage_.told()) all_.push_back(std::move(each));
  std::erase_if(all_, [](const std::string& each) { return !each.ends_with(" a") || each.starts_with("prepare"); });
  EXPECT_EQ(std::ranges::find(all_, "put a") - all_.begin(), 1) << testing::PrintToString(all_);
}

TEST_P(DevSessionTest, LoadsWhatReplacesAComponentThatWasJustBuilt) {
  project("a");
  stage_.refuse = [this](const code::Function&) {
    if (++loads_ == 1) write("a/out.wasm", "optimised");
    return false;
  };
  start();
  EXPECT_TRUE(until([&] { return loads_ == 2; }));
}

TEST_P(DevSessionTest, LoadsAComponentThatIsReplacedWhileItIsLoaded) {
  project("a");
  stage_.refuse = [this](const code::Function&) {
    if (++loads_ == 1) write("a/out.wasm", "optimised");
    return false;
  };
  write("a/out.wasm", "1");
  start();
  EXPECT_TRUE(until([&] { return loads_ == 2; }));
}

TEST_P(DevSessionTest, EndsALoopOfBuildsThatChangeTheirSources) {
  project("a", "cp src out.wasm; date +%N > stamp.rs");
  write("a/stamp.rs", "");
  start();
  EXPECT_TRUE(shows("stamp.rs changes whenever a is built")) << out_.text();
}

TEST_P(DevSessionTest, StopsABuildThatIsOld) {
  project("a", "grep -q slow src && { echo > ../slow; sleep 1000; }; cp src out.wasm");
  start();
  EXPECT_TRUE(told("put a"));
  write("a/src", "slow");
  ASSERT_TRUE(until([&] { return std::filesystem::exists(folder_.path() / "projects/slow"); }));
  write("a/src", "fast");
  EXPECT_TRUE(told("put a"));
}

TEST_P(DevSessionTest, EndsInTheMiddleOfABuild) {
  project("a", "echo > ../begun; sleep 1000");
  start();
  ASSERT_TRUE(until([&] { return std::filesystem::exists(folder_.path() / "projects/begun"); }));
}

TEST_P(DevSessionTest, ServesWhatAnOlderBuildLeft) {
  project("a", "exit 1");
  write("a/out.wasm", "old");
  std::filesystem::last_write_time(folder_.path() / "projects/a/out.wasm",
                                   std::filesystem::file_time_type::clock::now() - 24h);
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(told("fail a the build failed with status 1: `exit 1` in " + (folder_.path() / "projects/a").string()));
}

INSTANTIATE_TEST_SUITE_P(Watching, DevSessionTest, testing::Values(DevWatch::Hints, DevWatch::Looking),
                         [](const auto& each) { return each.param == DevWatch::Hints ? "Hints" : "Looking"; });

/// On a terminal, where failures stay in sight.
class DevSessionInSight : public DevSessionTest {
 protected:
  DevSessionInSight() : DevSessionTest(Terminal::Kind::Interactive) {}
};

TEST_P(DevSessionInSight, ForgetsTheWrongSettingsOfAProjectThatIsGone) {
  project("a");
  manifest("b", "b", "make", "wrong = 1\n");
  start();
  EXPECT_TRUE(told("put a"));
  ASSERT_TRUE(shows("Watching for changes"));
  EXPECT_TRUE(until([&] { return out_.text().ends_with("\x1b[?7h"); })) << out_.text();
  std::filesystem::remove_all(folder_.path() / "projects/b");
  EXPECT_TRUE(until([&] { return out_.text().ends_with("\r\x1b[J"); })) << out_.text();
}

INSTANTIATE_TEST_SUITE_P(InSight, DevSessionInSight, testing::Values(DevWatch::Hints));

/// Without watching.
class DevSessionOnce : public DevSessionTest {};

TEST_P(DevSessionOnce, SaysWhenNothingServes) {
  project("a", "exit 1");
  start();
  EXPECT_TRUE(until([&] { return nothing_.load(); }));
}

TEST_P(DevSessionOnce, LeavesChangesAlone) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(shows("  Ctrl-C to stop")) << out_.text();
  EXPECT_EQ(out_.text().find("Watching"), std::string::npos);
}

TEST_P(DevSessionOnce, TakesNoTimeWhenNothingHappens) {
  project("a");
  start();
  EXPECT_TRUE(told("put a"));
  EXPECT_TRUE(shows("  Ctrl-C to stop")) << out_.text();
  const auto used = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto all_before = used(CLOCK_PROCESS_CPUTIME_ID);
  const auto own_before = used(CLOCK_THREAD_CPUTIME_ID);
  while (used(CLOCK_THREAD_CPUTIME_ID) - own_before < 200ms) {
  }
  const auto own = used(CLOCK_THREAD_CPUTIME_ID) - own_before;
  EXPECT_LT(used(CLOCK_PROCESS_CPUTIME_ID) - all_before - own, own / 8);
}

TEST_P(DevSessionOnce, KeepsTheEndOfOutputThatHasNoLineEnds) {
  project("a", "sleep 1.6; head -c 3000000 /dev/zero | base64 -w 0; echo the end; exit 1");
  start();
  EXPECT_TRUE(until([&] { return nothing_.load(); }));
  EXPECT_THAT(out_.text(), HasSubstr("AAAthe end\n"));
  EXPECT_LT(out_.text().size(), 3 * BuildOutput::kBytesMax);
}

INSTANTIATE_TEST_SUITE_P(Once, DevSessionOnce, testing::Values(DevWatch::No));

}  // namespace
}  // namespace peko::cli

#include "node/trap_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <future>
#include <semaphore>

#include "base/fake_clock.hpp"
#include "base/unique_fd.hpp"
#include "code/test_folder.hpp"
#include "node/symbolise_process.hpp"

namespace peko::node {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Places, AreReadFromWhatTheChildPrints) {
  EXPECT_THAT(read_places("0\ttake\tsrc/a.rs\t12\t5\n"
                          "0\touter\tsrc/a.rs\t20\t0\n"
                          "2\t\tsrc/b.rs\t0\t0\n"
                          "2\tmain\t\t0\t0\n"
                          "9\tbeyond\tx\t1\t1\n"
                          "not a line\n",
                          3),
              ElementsAre(ElementsAre("take at src/a.rs:12:5", "outer at src/a.rs:20"), IsEmpty(),
                          ElementsAre("at src/b.rs", "main")));
}

/// Reports of a function whose frames are at the offsets 10 and 20; what comes out of the log.
class TrapReportsTest : public testing::Test {
 protected:
  TrapReportsTest() : file_(::memfd_create("log", MFD_CLOEXEC)), log_(LogSink::start(file_.get(), {}, clock_)) {}

  static edge::TrapReport report(std::string id) {
    return {.function = "stock",
            .request_id = std::move(id),
            .code = "PEKO-TRAP",
            .cause = "no stock",
            .frames = {"take", "handle"}};
  }
  static edge::TrapPlaces places() { return {.component = "stock.wasm", .hash = {1}, .offsets = {10, 20}}; }

  TrapReports::Places symbolise(const edge::TrapPlaces& asked) {
    asked_.push_back(asked.offsets);
    TrapReports::Places found(asked.offsets.size());
    for (std::size_t i = 0; i < found.size(); i++) {
      if (asked.offsets[i] == 10) found[i] = {"inner at a.rs:1", "at a.rs:2", "at a.rs:3"};
    }
    return found;
  }

  std::string text() {
    log_->stop();
    std::string bytes(1 << 20, '\0');
    const ssize_t size = ::pread(file_.get(), bytes.data(), bytes.size(), 0);
    return bytes.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }

  const TrapReports::ReadMap no_maps_ = [](const edge::TrapPlaces&) -> Result<std::string> {
    return fail(Code::NotFound, "there is no map");
  };
  FakeClock clock_;
  inspect::TrapHistory history_;
  UniqueFd file_;
  std::unique_ptr<LogSink> log_;
  std::vector<std::vector<std::uint32_t>> asked_;
};

TEST_F(TrapReportsTest, PutsLinesInPlaceOfNamesAndAsksOnce) {
  std::promise<void> answered;
  {
    TrapReports reports(
        [&](const edge::TrapPlaces& asked) {
          auto found = symbolise(asked);
          answered.set_value();  // a second time would throw
          return found;
        },
        no_maps_, {}, *log_, clock_, history_);
    for (const char* id : {"id-1", "id-2"}) {
      edge::TrapReport one = report(id);
      edge::TrapPlaces where = places();
      EXPECT_TRUE(reports.explain(one, where));
      if (id == std::string_view("id-1")) answered.get_future().wait();
    }
  }
  EXPECT_THAT(asked_, ElementsAre(ElementsAre(10, 20)));
  EXPECT_THAT(text(), HasSubstr("stock PEKO-TRAP id-1 | no stock\n      0: inner at a.rs:1\n      1: ? at a.rs:2\n     "
                                " 2: take at a.rs:3\n      3: handle\n"));
  EXPECT_THAT(text(), HasSubstr("id-2 | no stock\n"));
  EXPECT_EQ(history_.find("id-1")->report.frames.front(), "inner at a.rs:1");
}

TEST_F(TrapReportsTest, HandsTheReportWithItsSourceToWhoeverWaits) {
  const code::TestFolder folder;
  folder.write("app/a.rs", "one\ntwo\nthree\n");
  folder.write("app/node_modules/lib/b.rs", "one\n");
  std::promise<edge::TrapReport> handed;
  {
    TrapReports reports(
        [&folder](const edge::TrapPlaces& asked) {
          TrapReports::Places found(asked.offsets.size());
          found[0] = {"lib at node_modules/lib/b.rs:1:1", "core at /rustc/core/panic.rs:5",
                      "take at " + (folder.path() / "app/a.rs").string() + ":2:7"};
          return found;
        },
        no_maps_, {}, *log_, clock_, history_);
    edge::TrapReport one = report("id");
    edge::TrapPlaces where = places();
    where.project = folder.path() / "app";
    where.then = [&handed](edge::TrapReport finished) { handed.set_value(std::move(finished)); };
    EXPECT_TRUE(reports.explain(one, where));
    const edge::TrapReport finished = handed.get_future().get();
    EXPECT_EQ(finished.frames.front(), "lib at node_modules/lib/b.rs:1:1");
    EXPECT_EQ(finished.source.place, "a.rs:2");
    EXPECT_EQ(finished.source.text, "  1 | one\n> 2 | two\n  3 | three");
  }
  EXPECT_THAT(text(), HasSubstr("app/a.rs:2:7"));
}

TEST_F(TrapReportsTest, DeclinesWhenTooManyWaitAndWritesWhatIsLeftAtTheEnd) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::size_t taken = 0;
  {
    TrapReports reports(
        [&](const edge::TrapPlaces& asked) {
          begun.set_value();
          go_on.get_future().wait();
          return symbolise(asked);
        },
        no_maps_, {}, *log_, clock_, history_);
    edge::TrapReport one = report("first");
    edge::TrapPlaces where = places();
    EXPECT_TRUE(reports.explain(one, where));
    begun.get_future().wait();
    for (;;) {
      one = report("id");
      where = places();
      if (!reports.explain(one, where)) break;
      taken++;
    }
    EXPECT_EQ(one.cause, "no stock") << "the report is left alone";
    go_on.set_value();
  }
  EXPECT_EQ(taken, TrapReports::kWaitingMax);
  std::size_t lines = 0;
  const std::string all = text();
  for (std::size_t at = 0; (at = all.find("| no stock", at)) != std::string::npos; at++) lines++;
  EXPECT_EQ(lines, taken + 1);
}

TEST_F(TrapReportsTest, DoesNotWaitForAStoreThatHangsWhenItStops) {
  std::promise<void> begun;
  std::promise<void> go_on;
  {
    TrapReports reports([this](const edge::TrapPlaces& asked) { return symbolise(asked); },
                        [&](const edge::TrapPlaces&) -> Result<std::string> {
                          begun.set_value();
                          go_on.get_future().wait();
                          return fail(Code::Unavailable, "it came too late");
                        },
                        {}, *log_, clock_, history_);
    edge::TrapReport hangs = report("hangs");
    edge::TrapPlaces where{.kind = code::CodeKind::Script, .component = "a.js", .source_map = {1}, .offsets = {}};
    ASSERT_TRUE(reports.explain(hangs, where));
    begun.get_future().wait();
    edge::TrapReport waits = report("waits");
    where = places();
    ASSERT_TRUE(reports.explain(waits, where));
    EXPECT_FALSE(reports.stop(std::chrono::milliseconds(1)));
    EXPECT_TRUE(history_.find("waits")) << "it is written as it is";
    edge::TrapReport late = report("late");
    where = places();
    EXPECT_FALSE(reports.explain(late, where));
    go_on.set_value();
    EXPECT_TRUE(reports.stop(std::chrono::seconds(20)));
  }
  EXPECT_THAT(text(), AllOf(HasSubstr("waits | no stock"), HasSubstr("hangs | no stock")));
}

/// Maps for scripts, and who asked for them.
class ScriptReportsTest : public TrapReportsTest {
 protected:
  static constexpr std::string_view kMap = R"({"version":3,"sources":["../src/app.ts"],"mappings":";AAAA;AACA"})";

  struct Script {
    const char* component;
    std::uint8_t map;  ///< its hash begins so; 0: none
  };

  /// Explains one report after another, each read when the one before is written.
  void explain(const std::vector<Script>& scripts, const std::function<void(std::size_t)>& before = {}) {
    TrapReports reports(
        [&](const edge::TrapPlaces& asked) {
          written_.release();
          return symbolise(asked);
        },
        [this](const edge::TrapPlaces& script) {
          asked_for_.push_back(script.component.string());
          return map_;
        },
        {}, *log_, clock_, history_);
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      if (before) before(i);
      edge::TrapReport thrown = report("script-" + std::to_string(i));
      thrown.frames = {"take@app.js:3:1", "fetch@app.js:99:1"};
      edge::TrapPlaces where{.kind = code::CodeKind::Script,
                             .component = scripts[i].component,
                             .hash = {9},
                             .source_map = {scripts[i].map},
                             .offsets = {}};
      ASSERT_TRUE(reports.explain(thrown, where));
      edge::TrapReport after = report("after");
      where = {.component = "stock.wasm", .hash = {static_cast<std::uint8_t>(i + 1)}, .offsets = {10}};
      ASSERT_TRUE(reports.explain(after, where));
      written_.acquire();
    }
  }
  static Script deployed(std::uint8_t map) { return {"deployed", map}; }
  static Script local() { return {"local", 0}; }
  static std::string mapped(int id) {
    return "script-" + std::to_string(id) + " | no stock\n      0: take at src/app.ts:2:1\n      1: fetch@app.js:99:1";
  }
  static std::string unmapped(int id) {
    return "script-" + std::to_string(id) + " | no stock\n      0: take@app.js:3:1";
  }

  std::binary_semaphore written_{0};
  std::vector<std::string> asked_for_;
  Result<std::string> map_ = std::string(kMap);
};

TEST_F(ScriptReportsTest, NamesPlacesInTheSources) {
  explain({local(), local(), deployed(1), deployed(1), deployed(2)});
  const std::string all = text();
  for (int id = 0; id < 5; ++id) EXPECT_THAT(all, HasSubstr(mapped(id)));
  EXPECT_THAT(asked_for_, ElementsAre("local", "local", "deployed", "deployed")) << "a deployed map never changes";
}

TEST_F(ScriptReportsTest, ReadsWhatLiesBesideABundleAnew) {
  explain({local(), local()}, [this](std::size_t i) {
    if (i == 1) map_ = R"({"version":3,"sources":["../src/other.ts"],"mappings":";AAAA;AACA"})";
  });
  EXPECT_THAT(text(), AllOf(HasSubstr(mapped(0)), HasSubstr("take at src/other.ts:2:1")));
}

TEST_F(ScriptReportsTest, AsksOnceForAMapThatIsMissingOrDamaged) {
  explain({deployed(1), deployed(1), deployed(2), deployed(2)}, [this](std::size_t i) {
    map_ = i < 2 ? Result<std::string>(fail(Code::NotFound, "it is not there")) : Result<std::string>("no map");
  });
  EXPECT_THAT(text(), AllOf(HasSubstr(unmapped(0)), HasSubstr(unmapped(1)), HasSubstr(unmapped(3))));
  EXPECT_THAT(asked_for_, SizeIs(2));
}

TEST_F(ScriptReportsTest, AsksAStoreThatIsDownSeldom) {
  explain({deployed(1), deployed(2), deployed(1)}, [this](std::size_t i) {
    if (i == 0) map_ = fail(Code::Unavailable, "the store is down");
    if (i == 2) {
      map_ = std::string(kMap);
      clock_.advance(TrapReports::kOutagePause);
    }
  });
  EXPECT_THAT(text(), AllOf(HasSubstr(unmapped(0)), HasSubstr(unmapped(1)), HasSubstr(mapped(2))));
  EXPECT_THAT(asked_for_, SizeIs(2));
}

}  // namespace
}  // namespace peko::node

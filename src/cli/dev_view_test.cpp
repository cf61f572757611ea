#include "cli/dev_view.hpp"

#include <gtest/gtest.h>

#include "base/fake_clock.hpp"
#include "cli/captured.hpp"

namespace peko::cli {
namespace {

code::Function function(std::string_view name) {
  code::Function made;
  made.name = name;
  return made;
}

DevJobEnd served(std::chrono::milliseconds built = {}, node::From from = node::From::Cache) {
  DevJobEnd end;
  end.kind = DevJobEnd::Kind::Serves;
  end.serves = true;
  end.build_took = built;
  end.from = from;
  end.load_took = std::chrono::milliseconds(1234);
  return end;
}

DevJobEnd failed(std::string message) {
  DevJobEnd end;
  end.kind = DevJobEnd::Kind::BuildFailed;
  end.problem.message = std::move(message);
  return end;
}

struct Rig {
  explicit Rig(Terminal::Kind kind = Terminal::Kind::Plain) : out(kind) {}

  Captured out;
  Screen screen{out.terminal()};
  FakeClock clock;
  DevView view{screen, clock};
};

DevView::Ready ready(std::vector<code::Function> functions, std::string address = "127.0.0.1:3000") {
  DevView::Ready ready;
  ready.address = std::move(address);
  ready.domain = "localhost";
  ready.functions = std::move(functions);
  return ready;
}

TEST(DevView, ShowsEachFunctionThenWhatToTry) {
  Rig rig;
  std::vector<code::Function> functions = {function("api"), function("ssr-site")};
  functions[0].routes = {"api.example.com/v1/*"};
  rig.view.begin("peko 9.9.9", {"api", "ssr-site"});
  rig.view.problem("x/peko.toml", "",
                   {Code::Invalid, "x/peko.toml:1:1: \"name\" is missing\nx/peko.toml:2:1: unknown key \"\x1b[31m\""});
  rig.view.serves("api", served({}, node::From::Compiler), {}, {});
  rig.view.serves("ssr-site", served(std::chrono::milliseconds(50)), {}, {});
  rig.view.ready(ready(functions, "0.0.0.0:3000"));
  EXPECT_EQ(rig.out.text(),
            "\n  peko dev  peko 9.9.9\n\n"
            "  x           left out:\n"
            "      x/peko.toml:1:1: \"name\" is missing\n"
            "      x/peko.toml:2:1: unknown key \"?[31m\"\n"
            "  + api       compiled in 1.2 s\n"
            "  + ssr-site  built in 50 ms\n"
            "\n"
            "  api       http://api.localhost:3000/  api.example.com/v1/*\n"
            "  ssr-site  http://ssr-site.localhost:3000/\n"
            "\n"
            "  A name does not resolve? curl -H 'Host: api.localhost' http://127.0.0.1:3000/\n"
            "  Watching for changes. Ctrl-C to stop\n\n");
}

TEST(DevView, ShowsWhatChangedAndHowFast) {
  Rig rig;
  rig.view.begin("", {"api"});
  rig.view.ready(ready({function("api")}));
  rig.view.serves("api", served(std::chrono::milliseconds(30)), "/p/index.ts", std::chrono::milliseconds(43));
  EXPECT_TRUE(rig.out.text().ends_with(" + api  /p/index.ts: live in 43 ms\n")) << rig.out.text();
  rig.view.serves("api", served(std::chrono::seconds(2)), "/p/main.rs", std::chrono::milliseconds(2100));
  EXPECT_TRUE(rig.out.text().ends_with(" + api  /p/main.rs: live in 2.1 s  built in 2.0 s\n")) << rig.out.text();
}

TEST(DevView, ShowsAFailureInFull) {
  Rig rig;
  rig.view.begin("", {"api"});
  rig.view.failed("api", failed("x"), {}, "error: no\n\n  \x1b[2Jhere\n");
  EXPECT_TRUE(rig.out.text().ends_with("  x api  the build failed:\n      error: no\n\n        here\n"))
      << rig.out.text();
}

TEST(DevView, KeepsTheLastFailureInSightUntilItIsMended) {
  Rig rig(Terminal::Kind::Interactive);
  rig.view.begin("", {"api"});
  rig.view.failed("api", failed("src/a.ts:1:1: error: no\nmore"), {}, "");
  EXPECT_TRUE(rig.out.text().ends_with("\x1b[?7l  x api  src/a.ts:1:1: error: no\x1b[?7h")) << rig.out.text();
  rig.view.building({{"api", std::chrono::seconds(3)}});
  EXPECT_TRUE(rig.out.text().ends_with("  x api  src/a.ts:1:1: error: no\n  building api, 3 s\x1b[?7h"))
      << rig.out.text();
  rig.view.building({});
  rig.view.serves("api", served(), "/a.ts", {});
  EXPECT_TRUE(rig.out.text().ends_with("+ api  /a.ts: live in 0 ms\n")) << "nothing is left below";
}

TEST(DevView, IsNotSteeredByWhatACodeSays) {
  Rig rig(Terminal::Kind::Interactive);
  DevJobEnd end = failed("unknown import \x1b]0;title\x07");
  end.kind = DevJobEnd::Kind::LoadFailed;
  end.why = end.problem.message;
  rig.view.failed("api", end, {}, "");
  EXPECT_EQ(rig.out.text().find("\x1b]"), std::string::npos);
  EXPECT_TRUE(rig.out.text().ends_with("  x api  unknown import ?]0;title?\x1b[?7h")) << rig.out.text();
}

TEST(DevView, KeepsWrongSettingsInSightBesideABuild) {
  Rig rig(Terminal::Kind::Interactive);
  rig.view.problem("p/peko.toml", "api", {Code::Invalid, "p/peko.toml:1:1: wrong\nmore"});
  rig.view.serves("api", served(), "/a.ts", {});
  EXPECT_TRUE(rig.out.text().ends_with("\x1b[?7l  x api  p/peko.toml:1:1: wrong\x1b[?7h")) << rig.out.text();
  rig.view.mended("p/peko.toml");
  EXPECT_TRUE(rig.out.text().ends_with("\r\x1b[J"));
}

TEST(DevView, ShowsOutputWithItsFunction) {
  Rig rig;
  rig.view.output("api", "one\n\x1b[31mtwo\x1b[0m\n");
  EXPECT_EQ(rig.out.text(), "    api | one\n    api | two\n");
}

TEST(DevView, NamesTheDefaultFunction) {
  Rig rig;
  rig.view.begin("", {"api"});
  DevView::Ready about = ready({function("api")}, "127.0.0.1:80");
  about.default_function = "api";
  rig.view.ready(about);
  EXPECT_NE(rig.out.text().find("  api  http://api.localhost/\n"), std::string::npos) << rig.out.text();
  EXPECT_NE(rig.out.text().find("every other name, as http://127.0.0.1:80/, is answered by api\n"), std::string::npos)
      << rig.out.text();
}

TEST(DevView, ShowsWhereTheInspectorIs) {
  Rig rig;
  rig.view.begin("", {"api"});
  DevView::Ready about = ready({function("api")});
  about.admin = "0.0.0.0:7070";
  rig.view.ready(about);
  EXPECT_NE(rig.out.text().find("\n\n  inspector  http://127.0.0.1:7070/  requests, logs, failures\n"),
            std::string::npos)
      << rig.out.text();
}

TEST(DevView, HasColoursOnlyOnATerminal) {
  for (const auto kind : {Terminal::Kind::Plain, Terminal::Kind::Interactive, Terminal::Kind::Coloured}) {
    Rig rig(kind);
    rig.view.begin("peko 9.9.9", {"api"});
    rig.view.serves("api", served(), {}, {});
    rig.view.output("api", "\x1b[31mtwo\x1b[0m\n");
    rig.view.ready(ready({function("api")}));
    EXPECT_EQ(rig.out.text().find("\x1b[") != std::string::npos, kind == Terminal::Kind::Coloured);
  }
}

TEST(Addresses, AreShownAsSomebodyCanReachThem) {
  EXPECT_EQ(reachable("0.0.0.0:80"), "127.0.0.1:80");
  EXPECT_EQ(reachable("[::]:80"), "[::1]:80");
  EXPECT_EQ(reachable("10.0.0.7:80"), "10.0.0.7:80");
  EXPECT_EQ(url_of("a.localhost", "127.0.0.1:3000"), "http://a.localhost:3000/");
  EXPECT_EQ(url_of("a.localhost", "[::1]:80"), "http://a.localhost/");
}

TEST(Duration, IsShownInTheUnitThatFits) {
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(12)), "12 ms");
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(100)), "0.1 s");
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(1249)), "1.2 s");
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(59'949)), "59.9 s");
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(59'950)), "1 min 0 s");
  EXPECT_EQ(shown_duration(std::chrono::milliseconds(65'000)), "1 min 5 s");
}

}  // namespace
}  // namespace peko::cli

#include "cli/dev_view.hpp"

#include <gtest/gtest.h>

#include "cli/captured.hpp"

namespace peko::cli {
namespace {

code::Function function(std::string_view name) {
  code::Function made;
  made.name = name;
  return made;
}

TEST(DevView, ShowsEachFunctionThenWhatToTry) {
  Captured out;
  Captured err;
  Settings settings;
  std::vector<code::Function> functions = {function("api"), function("ssr-site")};
  functions[0].routes = {"api.example.com/v1/*"};
  DevView view(out.terminal(), err.terminal(), "peko 9.9.9");
  view.begin(settings, functions);
  view.problem({Code::Invalid, "x/peko.toml:1:1: \"name\" is missing\nx/peko.toml:2:1: unknown key \"\x1b[31m\""});
  view.loaded({.name = "api", .status = {}, .from = node::From::Compiler, .took = std::chrono::milliseconds(1234)});
  view.loaded({.name = "ssr-site", .status = {}, .from = node::From::Cache, .took = std::chrono::milliseconds(3)});
  view.ready("0.0.0.0:3000", functions);
  EXPECT_EQ(out.text(),
            "\n  peko dev  peko 9.9.9\n\n"
            "  x left out:\n"
            "      x/peko.toml:1:1: \"name\" is missing\n"
            "      x/peko.toml:2:1: unknown key \"?[31m\"\n"
            "  + api       compiled in 1.2 s\n"
            "  + ssr-site  from the cache\n"
            "\n"
            "  api       http://api.localhost:3000/  api.example.com/v1/*\n"
            "  ssr-site  http://ssr-site.localhost:3000/\n"
            "\n"
            "  A name does not resolve? curl -H 'Host: api.localhost' http://127.0.0.1:3000/\n"
            "  Ctrl-C to stop\n\n");
  EXPECT_EQ(err.text(), "");
}

TEST(DevView, ShowsAFailureInFull) {
  Captured out;
  Captured err;
  DevView view(out.terminal(), err.terminal(), "peko 9.9.9");
  view.begin(Settings(), {function("api")});
  view.loaded({.name = "api", .status = fail(Code::Invalid, "api.wasm is empty: build it again")});
  view.failed("no function can be loaded");
  EXPECT_TRUE(out.text().ends_with("  x api  failed:\n      api.wasm is empty: build it again\n")) << out.text();
  EXPECT_EQ(err.text(), "\npeko dev: no function can be loaded\n");
}

TEST(DevView, NamesTheDefaultFunction) {
  Captured out;
  Captured err;
  Settings settings;
  settings.node.default_function = "api";
  DevView view(out.terminal(), err.terminal(), "peko 9.9.9");
  view.begin(settings, {function("api")});
  view.ready("127.0.0.1:80", {function("api")});
  EXPECT_NE(out.text().find("  api  http://api.localhost/\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("every other name, as http://127.0.0.1:80/, is answered by api\n"), std::string::npos)
      << out.text();
}

TEST(DevView, HasColoursOnlyOnATerminal) {
  for (const auto kind : {Terminal::Kind::Plain, Terminal::Kind::Interactive, Terminal::Kind::Coloured}) {
    Captured out(kind);
    Captured err;
    DevView view(out.terminal(), err.terminal(), "peko 9.9.9");
    view.begin(Settings(), {function("api")});
    view.loaded({.name = "api", .status = {}, .from = node::From::Compiler});
    view.ready("127.0.0.1:3000", {function("api")});
    EXPECT_EQ(out.text().find("\x1b[") != std::string::npos, kind == Terminal::Kind::Coloured);
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

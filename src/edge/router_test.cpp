#include "edge/router.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace peko::edge {
namespace {

std::optional<Router::Target> target_of(const Router& router, std::string_view authority, std::string_view path) {
  const std::optional<Router::Match> match = router.find(authority, path);
  if (!match) return std::nullopt;
  EXPECT_EQ(match->version, 0U);
  return match->function;
}

TEST(Router, FindsAFunctionByItsHost) {
  Router router("localhost");
  router.add_name("hello", 1);
  router.add_name("todo-api", 2);
  struct Row {
    std::string_view authority;
    std::optional<Router::Target> target;
  };
  const Row rows[] = {
      {"hello.localhost", 1},
      {"hello.localhost:3000", 1},
      {"HELLO.LocalHost:3000", 1},
      {"hello.localhost.", 1},
      {"hello.localhost.:80", 1},
      {"todo-api.localhost", 2},
      {"localhost", {}},
      {"x.hello.localhost", {}},
      {"hello.localhost.evil", {}},
      {"", {}},
      {"[::1]:3000", {}},
      {"[", {}},
      {":", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(target_of(router, row.authority, "/"), row.target) << row.authority;
}

TEST(Router, RefusesAHostLongerThanADomainNameCanBe) {
  Router router("localhost");
  router.add_name("a", 1);
  EXPECT_EQ(target_of(router, std::string(5000, 'a') + ".localhost", "/"), std::nullopt);
}

TEST(Router, TakesTheDefaultForEverythingElse) {
  Router router("localhost");
  router.add_name("hello", 1);
  router.set_default(7);
  EXPECT_EQ(target_of(router, "127.0.0.1:3000", "/"), 7U);
  EXPECT_EQ(target_of(router, "hello.localhost", "/"), 1U);
}

TEST(Router, PrefersTheLongestRoute) {
  Router router("example.com");
  router.add_name("site", 1);
  EXPECT_TRUE(router.add_route("api.example.com/v1/*", 2));
  EXPECT_TRUE(router.add_route("api.example.com/v1/users/*", 3));
  EXPECT_TRUE(router.add_route("api.example.com/v1/users/me", 4));
  EXPECT_TRUE(router.add_route("site.example.com/old/*", 5));
  EXPECT_EQ(target_of(router, "api.example.com", "/v1/x"), 2U);
  EXPECT_EQ(target_of(router, "API.example.com:443", "/v1/users/7"), 3U);
  EXPECT_EQ(target_of(router, "api.example.com", "/v1/users/me?a=/v1/"), 4U);
  EXPECT_EQ(target_of(router, "api.example.com", "/v1"), std::nullopt);
  EXPECT_EQ(target_of(router, "site.example.com", "/old/page"), 5U);
  EXPECT_EQ(target_of(router, "site.example.com", "/new"), 1U);
}

TEST(Router, ARouteOfAHostAloneTakesAllOfIt) {
  Router router("localhost");
  EXPECT_TRUE(router.add_route("www.example.com", 1));
  EXPECT_EQ(target_of(router, "www.example.com", "/any/path"), 1U);
  EXPECT_FALSE(router.add_route("www.example.com/*", 2));
}

TEST(Router, FindsOneVersionByItsPreviewHost) {
  Router router("localhost");
  router.add_name("todo", 1);
  router.add_name("v12--odd", 2);
  router.add_name("v1", 3);
  EXPECT_TRUE(router.add_route("v3--todo.localhost/*", 4));
  using Match = Router::Match;
  EXPECT_EQ(router.find("v12--todo.localhost:3000", "/"), (Match{.function = 1, .version = 12}));
  EXPECT_EQ(router.find("V12--Todo.LocalHost", "/"), (Match{.function = 1, .version = 12}));
  EXPECT_EQ(router.find("v3--todo.localhost", "/"), (Match{.function = 1, .version = 3})) << "nobody can claim it";
  EXPECT_EQ(router.find("v12--odd.localhost", "/"), Match{.function = 2}) << "there is no function odd";
  EXPECT_EQ(router.find("v7--v12--odd.localhost", "/"), (Match{.function = 2, .version = 7}));
  EXPECT_EQ(router.find("v1.localhost", "/"), Match{.function = 3});
  for (const char* host :
       {"v0--todo.localhost", "v--todo.localhost", "v012--todo.localhost", "v12-todo.localhost", "v12--.localhost",
        "v99999999999--todo.localhost", "v12--todo", "v1", "v12--todo.localhost.x", "12--todo.localhost"}) {
    EXPECT_EQ(router.find(host, "/"), std::nullopt) << host;
  }
}

TEST(Router, KnowsItsFunctions) {
  Router router("localhost");
  EXPECT_EQ(router.targets(), 0U);
  router.add_name("b", 1);
  EXPECT_EQ(router.targets(), 2U);
  EXPECT_EQ(router.name(1), "b");
  EXPECT_EQ(router.name(0), "");
  EXPECT_EQ(router.name(9), "");
  router.add_route("x.example", 4);
  EXPECT_EQ(router.targets(), 5U);
  router.set_default(7);
  EXPECT_EQ(router.targets(), 8U);
}

// A lookup among many costs what it costs among few, and making the table costs what its entries do: a table that is
// searched from its begin, or that is copied with each entry, is some hundred times slower.
TEST(Router, TellsItsHostsFromStrangers) {
  Router router("dev.example");
  router.add_route("shop.example/api/*", 0);
  router.set_default(0);
  for (const char* host : {"a.dev.example:3000", "A.DEV.example.", "dev.example", "shop.example", "shop.example:80"}) {
    EXPECT_TRUE(router.has_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "xdev.example", "dev.example.evil", "api.shop.example", "127.0.0.1"}) {
    EXPECT_FALSE(router.has_host(host)) << host;
  }
}

TEST(Router, HoldsTenThousandNames) {
  const auto cost_of = [](std::size_t names) {
    Router router("localhost");
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < names; i++) router.add_name("function-" + std::to_string(i), i);
    for (std::size_t i = 0; i < names; i++) {
      EXPECT_EQ(target_of(router, "function-" + std::to_string(i) + ".localhost", "/"), i);
    }
    return (std::chrono::steady_clock::now() - begin) / names;
  };
  cost_of(100);
  const auto few = cost_of(100);
  const auto many = cost_of(10'000);
  EXPECT_LT(many, 20 * few);
}

}  // namespace
}  // namespace peko::edge

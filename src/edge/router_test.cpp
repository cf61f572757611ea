#include "edge/router.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

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
  for (const Row& row : rows) EXPECT_EQ(router.find(row.authority, "/"), row.target) << row.authority;
}

TEST(Router, RefusesAHostLongerThanADomainNameCanBe) {
  Router router("localhost");
  router.add_name("a", 1);
  EXPECT_EQ(router.find(std::string(5000, 'a') + ".localhost", "/"), std::nullopt);
}

TEST(Router, TakesTheDefaultForEverythingElse) {
  Router router("localhost");
  router.add_name("hello", 1);
  router.set_default(7);
  EXPECT_EQ(router.find("127.0.0.1:3000", "/"), 7U);
  EXPECT_EQ(router.find("hello.localhost", "/"), 1U);
}

TEST(Router, PrefersTheLongestRoute) {
  Router router("example.com");
  router.add_name("site", 1);
  EXPECT_TRUE(router.add_route("api.example.com/v1/*", 2));
  EXPECT_TRUE(router.add_route("api.example.com/v1/users/*", 3));
  EXPECT_TRUE(router.add_route("api.example.com/v1/users/me", 4));
  EXPECT_TRUE(router.add_route("site.example.com/old/*", 5));
  EXPECT_EQ(router.find("api.example.com", "/v1/x"), 2U);
  EXPECT_EQ(router.find("API.example.com:443", "/v1/users/7"), 3U);
  EXPECT_EQ(router.find("api.example.com", "/v1/users/me?a=/v1/"), 4U);
  EXPECT_EQ(router.find("api.example.com", "/v1"), std::nullopt);
  EXPECT_EQ(router.find("site.example.com", "/old/page"), 5U);
  EXPECT_EQ(router.find("site.example.com", "/new"), 1U);
}

TEST(Router, ARouteOfAHostAloneTakesAllOfIt) {
  Router router("localhost");
  EXPECT_TRUE(router.add_route("www.example.com", 1));
  EXPECT_EQ(router.find("www.example.com", "/any/path"), 1U);
  EXPECT_FALSE(router.add_route("www.example.com/*", 2));
}

}  // namespace
}  // namespace peko::edge

#include "edge/version_choice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edge/version_text.hpp"
#include "pool/pool_fixture.hpp"

namespace peko::edge {
namespace {

class VersionChoiceTest : public pool::PoolTest {
 protected:
  VersionChoiceTest() : PoolTest({}) {
    for (const auto& [number, weight] : {std::pair(11U, 90U), std::pair(12U, 10U)}) {
      const std::shared_ptr<pool::Version> made = version("todo");
      made->number = number;
      serving_.push_back({.shelf = &pool_.shelf(made), .weight = weight});
    }
  }
  // The number that a request with these fields gets; 0: whichever luck brings.
  std::uint32_t named_by(http::Fields fields) {
    const VersionChoice choice = choose_version(serving_, fields, random_);
    return choice.by_luck ? 0 : choice.shelf->version().number;
  }
  std::uint32_t named_by_cookies(std::string_view cookies) {
    const http::Field field{"cookie", cookies};
    return named_by({&field, 1});
  }

  std::vector<Serving> serving_;
  Random random_{7};
};

TEST_F(VersionChoiceTest, DividesRequestsByWeight) {
  int canary = 0;
  for (int i = 0; i < 10'000; i++) {
    const VersionChoice choice = choose_version(serving_, {}, random_);
    EXPECT_TRUE(choice.by_luck);
    if (choice.shelf->version().number == 12) canary++;
  }
  EXPECT_GT(canary, 850);
  EXPECT_LT(canary, 1150);
}

TEST_F(VersionChoiceTest, StaysWithTheVersionOfTheCookie) {
  EXPECT_EQ(named_by_cookies("peko-version=v12"), 12U);
  EXPECT_EQ(named_by_cookies("a=b; peko-version=v12; c=d"), 12U);
  EXPECT_EQ(named_by_cookies("peko-version=v10; peko-version=v11"), 11U) << "v10 serves no more";
  EXPECT_EQ(named_by_cookies("a=b;peko-version=v11"), 11U);
}

TEST_F(VersionChoiceTest, PrefersTheFieldToTheCookie) {
  const http::Field both[] = {{"cookie", "peko-version=v11"}, {"peko-version", "v12"}};
  EXPECT_EQ(named_by(both), 12U);
  const http::Field useless[] = {{"cookie", "peko-version=v11"}, {"peko-version", "v99"}};
  EXPECT_EQ(named_by(useless), 11U);
}

TEST_F(VersionChoiceTest, ChoosesAmongWhatServesAndNothingElse) {
  for (const char* cookies : {"", ";", "=", "peko-version", "peko-version=", "peko-version=12", "peko-version=v1",
                              "peko-version=v012", "peko-version=v99999999999999999999", "peko-version=v12x",
                              "xpeko-version=v12", "peko-version=\"v12\"", "peko-version=v-12", "Peko-Version=v12"}) {
    EXPECT_EQ(named_by_cookies(cookies), 0U) << cookies;
  }
}

TEST_F(VersionChoiceTest, IsNoChoiceWhenOneServes) {
  serving_.pop_back();
  const VersionChoice choice = choose_version(serving_, {}, random_);
  EXPECT_EQ(choice.shelf->version().number, 11U);
  EXPECT_FALSE(choice.by_luck);
}

TEST_F(VersionChoiceTest, TakesTheHeaviestWhenNoneHasAWeight) {
  for (Serving& each : serving_) each.weight = 0;
  EXPECT_EQ(choose_version(serving_, {}, random_).shelf->version().number, 11U);
}

TEST(VersionText, IsReadAsItIsWritten) {
  for (const std::uint32_t number : {1U, 12U, 4294967295U}) {
    EXPECT_EQ(version_number(VersionText(number).view()), number);
  }
  EXPECT_EQ(VersionText(12).view(), "v12");
  for (const char* text : {"", "v", "12", "v0", "v01", "V12", "v12 ", "v4294967296", "v1e3", "v+1"}) {
    EXPECT_EQ(version_number(text), 0U) << text;
  }
}

}  // namespace
}  // namespace peko::edge

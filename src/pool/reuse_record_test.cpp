#include "pool/reuse_record.hpp"

#include <gtest/gtest.h>

namespace peko::pool {
namespace {

TEST(ReuseRecord, GivesUpAfterThreeMisfits) {
  ReuseRecord record;
  record.misfits();
  record.misfits();
  EXPECT_FALSE(record.given_up());
  record.misfits();
  EXPECT_TRUE(record.given_up());
}

TEST(ReuseRecord, ForgetsMisfitsOnceAnInstanceServesAgain) {
  ReuseRecord record;
  for (int i = 0; i < 10; i++) {
    record.misfits();
    record.misfits();
    record.fits();
  }
  EXPECT_TRUE(record.proven());
  EXPECT_FALSE(record.given_up());
}

TEST(ReuseRecord, NeverTakesItBack) {
  ReuseRecord record;
  for (int i = 0; i < 3; i++) record.misfits();
  record.fits();
  EXPECT_TRUE(record.given_up());
}

}  // namespace
}  // namespace peko::pool

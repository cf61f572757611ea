#include "base/sealed.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

const Digest kKey = sha256("a key");

TEST(Seal, IsUndoneByTheSameKeyAndContext) {
  for (const std::string& plain :
       {std::string(), std::string("x"), std::string("\0\xff", 2), std::string(100'000, 'a')}) {
    const std::string sealed = seal(kKey, "context", plain);
    EXPECT_EQ(sealed.size(), plain.size() + 28);
    EXPECT_EQ(unseal(kKey, "context", sealed), plain);
  }
}

TEST(Seal, DiffersEachTime) { EXPECT_NE(seal(kKey, "", "plain"), seal(kKey, "", "plain")); }

TEST(Seal, ShowsNothingOfWhatItHides) {
  EXPECT_EQ(seal(kKey, "context", "a long secret").find("secret"), std::string::npos);
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14: key, nonce and text are zeros.
TEST(Unseal, MatchesThePublishedVector) {
  const std::string nonce(12, '\0');
  const std::string hidden = "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18";
  const std::string tag = "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
  EXPECT_EQ(unseal(Digest{}, "", nonce + hidden + tag), std::string(16, '\0'));
}

TEST(Unseal, RefusesAnotherKeyAnotherContextAndEachChangedBit) {
  const std::string sealed = seal(kKey, "context", "plain");
  EXPECT_EQ(unseal(sha256("another key"), "context", sealed), std::nullopt);
  EXPECT_EQ(unseal(kKey, "contexT", sealed), std::nullopt);
  for (std::size_t bit = 0; bit < sealed.size() * 8; bit++) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(unseal(kKey, "context", changed), std::nullopt) << bit;
  }
}

TEST(Unseal, RefusesWhatIsTooShort) {
  const std::string sealed = seal(kKey, "", "");
  for (std::size_t size = 0; size < sealed.size(); size++) {
    EXPECT_EQ(unseal(kKey, "", sealed.substr(0, size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace peko

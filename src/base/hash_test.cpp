#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

// FIPS 180-4's examples (NIST CSRC).
TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(BytesOf, AreThoseOfTheDigest) {
  EXPECT_EQ(bytes_of(sha256("abc")).substr(0, 4), "\xba\x78\x16\xbf");
  EXPECT_EQ(bytes_of(Digest{}), std::string(32, '\0'));
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256("abc"));
  hash.update("abc");
  EXPECT_EQ(hash.finish(), sha256("abc")) << "finish starts afresh";
}

// RFC 4231, test cases 1, 2 and 6.
TEST(HmacSha256, MatchesThePublishedVectors) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKey) {
  EXPECT_EQ(hex(hmac_sha256({}, "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 5869, test case 3: no salt, no info; its output is longer, ours is its beginning.
TEST(DeriveKey, MatchesThePublishedVector) {
  EXPECT_EQ(hex(derive_key(std::string(22, '\x0b'), "")),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(DeriveKey, GivesEachPurposeItsOwn) { EXPECT_NE(derive_key("key", "a"), derive_key("key", "b")); }

TEST(EqualInConstantTime, TellsDigestsApart) {
  Digest a = sha256("a");
  Digest b = a;
  EXPECT_TRUE(equal_in_constant_time(a, b));
  b.back() ^= 1U;
  EXPECT_FALSE(equal_in_constant_time(a, b));
}

TEST(SameSecret, HoldsForTheWholeSecretOnly) {
  EXPECT_TRUE(same_secret("correct horse", "correct horse"));
  EXPECT_FALSE(same_secret("correct hors", "correct horse"));
  EXPECT_FALSE(same_secret("correct horse ", "correct horse"));
  EXPECT_FALSE(same_secret("", "correct horse"));
  EXPECT_FALSE(same_secret("", "")) << "no secret is nobody's";
}

}  // namespace
}  // namespace peko

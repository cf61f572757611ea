/// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104): names of components, signatures of artifacts and of requests to
/// clouds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_mac_ctx_st;

namespace peko {

using Digest = std::array<std::uint8_t, 32>;

/// 64 lower-case hexadecimal digits.
std::string hex(const Digest& digest);

/// Its 32 bytes, for as long as it lives.
std::string_view bytes_of(const Digest& digest);

/// Whether two digests are equal, in a time that does not tell where they differ. For signatures.
bool equal_in_constant_time(const Digest& a, const Digest& b);

/// Whether `given` is the secret, in a time that tells neither where they differ nor how long the secret is. An empty
/// secret is nobody's: false.
bool same_secret(std::string_view given, std::string_view secret);

/// A hash fed piece by piece. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  /// The hash of all that was fed; starts afresh.
  Digest finish();

 private:
  evp_md_ctx_st* context_;
};

/// A keyed hash fed piece by piece. One thread at a time.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  void update(std::string_view bytes);
  /// The code of all that was fed. Once.
  Digest finish();

 private:
  evp_mac_ctx_st* context_;
};

Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);

/// A key for one purpose, from a key that serves several: HKDF-SHA-256 (RFC 5869) without salt, `purpose` as its info.
/// `key` is random already; this is not for passwords.
Digest derive_key(std::string_view key, std::string_view purpose);

}  // namespace peko

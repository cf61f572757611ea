#include "base/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/assert.hpp"

namespace peko {
namespace {

// OpenSSL's functions fail here only without memory or without a working installation, and there is no way on from
// either.
void must(bool done) { PEKO_ASSERT(done, "SHA-256 is part of every OpenSSL 3"); }

// Safety: unsigned char may alias any object, and the view's length goes with it.
const unsigned char* data_of(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

std::string hex(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string_view bytes_of(const Digest& digest) {
  // Safety: char may alias any object, and the size goes with it.
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool equal_in_constant_time(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool same_secret(std::string_view given, std::string_view secret) {
  return !secret.empty() && equal_in_constant_time(sha256(given), sha256(secret));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  must(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::update(std::string_view bytes) { must(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1); }

Digest Sha256::finish() {
  Digest digest{};
  must(EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
  must(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
  return digest;
}

HmacSha256::HmacSha256(std::string_view key) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(mac != nullptr);
  context_ = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  must(context_ != nullptr);
  std::string name = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                               OSSL_PARAM_construct_end()};
  // A null key means "no key set" to OpenSSL; an empty one needs an address.
  must(EVP_MAC_init(context_, data_of(key.empty() ? std::string_view("") : key), key.size(), params) == 1);
}

HmacSha256::~HmacSha256() { EVP_MAC_CTX_free(context_); }

void HmacSha256::update(std::string_view bytes) { must(EVP_MAC_update(context_, data_of(bytes), bytes.size()) == 1); }

Digest HmacSha256::finish() {
  Digest digest{};
  std::size_t size = 0;
  must(EVP_MAC_final(context_, digest.data(), &size, digest.size()) == 1 && size == digest.size());
  return digest;
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  HmacSha256 hash(key);
  hash.update(bytes);
  return hash.finish();
}

Digest derive_key(std::string_view key, std::string_view purpose) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  must(kdf != nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  must(context != nullptr);
  std::string name = "SHA256";
  std::string material(key);
  std::string info(purpose);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name.data(), 0),
                               OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, material.data(), material.size()),
                               OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                               OSSL_PARAM_construct_end()};
  Digest derived{};
  must(EVP_KDF_derive(context, derived.data(), derived.size(), params) == 1);
  EVP_KDF_CTX_free(context);
  OPENSSL_cleanse(material.data(), material.size());
  return derived;
}

}  // namespace peko

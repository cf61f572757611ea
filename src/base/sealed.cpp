#include "base/sealed.hpp"

#include <openssl/evp.h>

#include <climits>
#include <cstddef>
#include <memory>
#include <span>

#include "base/assert.hpp"
#include "base/random.hpp"

namespace peko {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// OpenSSL's functions fail here only without memory or without a working installation, and there is no way on from
// either.
void must(bool done) { PEKO_ASSERT(done, "AES-256-GCM is part of every OpenSSL 3"); }

// Safety: unsigned char may alias any object, and the size goes with it in each call.
const unsigned char* data_of(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* data_of(std::string& bytes, std::size_t at) {
  return reinterpret_cast<unsigned char*>(bytes.data()) + at;
}

int size_of(std::string_view bytes) {
  PEKO_ASSERT(bytes.size() < INT_MAX, "what is sealed is small");
  return static_cast<int>(bytes.size());
}

}  // namespace

std::string seal(const Digest& key, std::string_view context, std::string_view plain) {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  fill_secure(std::as_writable_bytes(std::span(sealed).first(kNonceBytes)));
  const Context cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  must(cipher != nullptr &&
       EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.data(), data_of(sealed, 0), nullptr) == 1);
  int size = 0;
  must(EVP_EncryptUpdate(cipher.get(), nullptr, &size, data_of(context), size_of(context)) == 1);
  must(EVP_EncryptUpdate(cipher.get(), data_of(sealed, kNonceBytes), &size, data_of(plain), size_of(plain)) == 1);
  unsigned char* const tag = data_of(sealed, kNonceBytes + plain.size());
  must(EVP_EncryptFinal_ex(cipher.get(), tag, &size) == 1 && size == 0);
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
  return sealed;
}

std::optional<std::string> unseal(const Digest& key, std::string_view context, std::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view hidden = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(hidden.size() + 1, '\0');  // one more: a place also for nothing
  const Context cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  must(cipher != nullptr &&
       EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.data(), data_of(nonce), nullptr) == 1);
  int size = 0;
  must(EVP_DecryptUpdate(cipher.get(), nullptr, &size, data_of(context), size_of(context)) == 1);
  must(EVP_DecryptUpdate(cipher.get(), data_of(plain, 0), &size, data_of(hidden), size_of(hidden)) == 1);
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, data_of(tag, 0)) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), data_of(plain, hidden.size()), &size) != 1) return std::nullopt;
  plain.resize(hidden.size());
  return plain;
}

}  // namespace peko

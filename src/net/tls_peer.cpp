#include "net/tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/assert.hpp"

namespace peko::net {
namespace {

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  PEKO_ASSERT(extension, "a test writes valid extensions");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(const std::string& name, EVP_PKEY* key, std::chrono::seconds valid_for, X509* issuer,
                             EVP_PKEY* issuer_key) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509* const raw = certificate.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(raw), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(raw), static_cast<long>(valid_for.count()));
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                             // Safety: bytes may be read as unsigned ones.
                             reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer ? issuer : raw));
  if (issuer || name != "authority") {
    const bool numeric = Address::numeric(name, 0).has_value();
    add_extension(raw, issuer ? issuer : raw, NID_subject_alt_name, (numeric ? "IP:" : "DNS:") + name);
  } else {
    add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE");
  }
  X509_sign(raw, issuer_key, EVP_sha256());
  return certificate;
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void* name) {
  const auto* const wanted = static_cast<const std::string*>(name);
  // Safety: bytes may be read as unsigned ones.
  *out = reinterpret_cast<const unsigned char*>(wanted->data());
  *size = static_cast<unsigned char>(wanted->size());
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TestAuthority::Keys {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate = make_certificate("authority", key.get(), std::chrono::hours(24), nullptr, key.get());
};

TestAuthority::TestAuthority() : keys_(std::make_unique<Keys>()) {
  const char* const directory = std::getenv("TMPDIR");
  std::string path = std::string(directory ? directory : "/tmp") + "/peko-ca-XXXXXX";
  const int fd = ::mkstemp(path.data());
  PEKO_ASSERT(fd >= 0, "a test may write a file");
  std::FILE* const file = ::fdopen(fd, "w");
  PEM_write_X509(file, keys_->certificate.get());
  std::fclose(file);
  file_ = path;
}

TestAuthority::~TestAuthority() { ::unlink(file_.c_str()); }

struct TlsPeer::Session {
  ~Session() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  void end() {
    SSL_free(std::exchange(ssl, nullptr));
    socket.close();
    shaken = false;
  }

  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL* ssl = nullptr;
  UniqueFd socket;
  std::string alpn;
  bool shaken = false;
  enum class Then { Stay, CloseInOrder, JustClose } then = Then::Stay;
};

TlsPeer::TlsPeer(TestAuthority& authority, const TlsPeerSpec& spec)
    : listener_(Listener::bind(Address::parse("127.0.0.1:0").value(), Sharing::First).value()),
      session_(std::make_unique<Session>()) {
  const Key key(EVP_EC_gen("P-256"));
  TestAuthority::Keys& ca = *authority.keys_;
  const CertificateSpec& wanted = spec.certificate;
  const Certificate certificate =
      make_certificate(wanted.host, key.get(), wanted.valid_for, wanted.self_signed ? nullptr : ca.certificate.get(),
                       wanted.self_signed ? key.get() : ca.key.get());
  SSL_CTX* const context = session_->context;
  SSL_CTX_use_certificate(context, certificate.get());
  SSL_CTX_use_PrivateKey(context, key.get());
  session_->alpn = spec.alpn;
  SSL_CTX_set_alpn_select_cb(context, select_alpn, &session_->alpn);
  if (spec.wants_certificate) SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (spec.speaks_old) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  }
}

TlsPeer::~TlsPeer() = default;

void TlsPeer::close_in_order() { session_->then = Session::Then::CloseInOrder; }
void TlsPeer::just_close() { session_->then = Session::Then::JustClose; }

void TlsPeer::step() {
  Session& at = *session_;
  if (!at.ssl) {
    at.socket = UniqueFd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!at.socket) return;
    ++accepted;
    at.ssl = SSL_new(at.context);
    SSL_set_fd(at.ssl, at.socket.get());
  }
  ERR_clear_error();
  if (!at.shaken) {
    const int result = SSL_accept(at.ssl);
    if (result != 1) {
      const int error = SSL_get_error(at.ssl, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) at.end();
      return;
    }
    at.shaken = true;
    if (const char* const name = SSL_get_servername(at.ssl, TLSEXT_NAMETYPE_host_name)) sni = name;
  }
  char bytes[4096];
  int count = 0;
  while ((count = SSL_read(at.ssl, bytes, sizeof(bytes))) > 0) received.append(bytes, static_cast<std::size_t>(count));
  if (const int error = SSL_get_error(at.ssl, count); error != SSL_ERROR_WANT_READ) {
    client_said_goodbye = error == SSL_ERROR_ZERO_RETURN;
    return at.end();
  }
  while (!to_send_.empty()) {
    const int sent = SSL_write(at.ssl, to_send_.data(), static_cast<int>(to_send_.size()));
    if (sent <= 0) return;
    to_send_.erase(0, static_cast<std::size_t>(sent));
  }
  if (at.then == Session::Then::CloseInOrder) SSL_shutdown(at.ssl);
  if (std::exchange(at.then, Session::Then::Stay) != Session::Then::Stay) at.end();
}

}  // namespace peko::net

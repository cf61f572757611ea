#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "net/address.hpp"

namespace peko::net {
namespace {

// As ALPN writes it: a length, then the name.
constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr std::string_view kProtocol = "http/1.1";
// Chains of real sites have three or four certificates.
constexpr int kChainMax = 10;

// The socket under OpenSSL. Its own socket BIO would raise SIGPIPE.

int socket_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const Io io = send(static_cast<const Stream*>(BIO_get_data(bio))->fd(), std::span(data, size));
  if (io.kind == Io::Kind::Again) BIO_set_retry_write(bio);
  *written = io.bytes;
  return io.kind == Io::Kind::Done ? 1 : 0;
}

int socket_read(BIO* bio, char* into, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  const Io io = receive(static_cast<const Stream*>(BIO_get_data(bio))->fd(), std::span(into, size));
  if (io.kind == Io::Kind::Again) BIO_set_retry_read(bio);
  *read = io.bytes;
  return io.kind == Io::Kind::Done ? 1 : 0;
}

long socket_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_socket_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  if (!method) return nullptr;
  BIO_meth_set_write_ex(method, socket_write);
  BIO_meth_set_read_ex(method, socket_read);
  BIO_meth_set_ctrl(method, socket_control);
  return method;
}

std::string last_reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "no reason given";
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context, kChainMax);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A send that is taken up again may have its bytes elsewhere, and more of them; idle connections hold no buffers.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size());
}

/// Whose certificate is expected; a name is told to the peer too (SNI), an address is not (RFC 6066, 3).
bool expect_host(SSL* ssl, const std::string& host) {
  if (Address::numeric(host, 0)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // OpenSSL takes an empty name for "whatever".
  return !host.empty() && SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::create(const std::string& ca_file) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  BIO_METHOD* const method = make_socket_method();
  std::unique_ptr<TlsContext> made(new TlsContext(context, method));
  if (!context || !method) return peko::fail(Code::Internal, "cannot set up TLS: " + last_reason());
  configure(context);
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return peko::fail(Code::Invalid, "cannot use \"" + ca_file + "\" as trusted certificates (" + last_reason() +
                                         "): it must be a readable file of certificates in PEM form");
  }
  return made;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
  BIO_meth_free(socket_method_);
}

std::unique_ptr<TlsStream> TlsStream::create(const TlsContext& context, UniqueFd socket, const std::string& host) {
  ERR_clear_error();
  SSL* const ssl = SSL_new(context.context_);
  if (!ssl) return nullptr;
  std::unique_ptr<TlsStream> stream(new TlsStream(ssl, std::move(socket)));
  BIO* const bio = BIO_new(context.socket_method_);
  if (!bio || !expect_host(ssl, host)) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_data(bio, static_cast<Stream*>(stream.get()));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  return stream;
}

TlsStream::~TlsStream() {
  if (state_ == State::Open) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  SSL_free(ssl_);
}

void TlsStream::cut() {
  state_ = State::Ended;
  net::reset(std::move(socket_));
}

TlsStream::Handshake TlsStream::handshake() {
  if (state_ == State::Ended) return Handshake::Failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) {
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Handshake::Again;
    fail(error);
    return Handshake::Failed;
  }
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  // Safety: bytes may be read as characters.
  if (size > 0 && std::string_view(reinterpret_cast<const char*>(name), size) != kProtocol) {
    state_ = State::Ended;
    fault_ = LinkFault::TlsProtocol;
    return Handshake::Failed;
  }
  state_ = State::Open;
  return Handshake::Done;
}

Io TlsStream::receive(std::span<char> into) {
  if (state_ != State::Open) return {Io::Kind::Failed, 0};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
  return outcome(result, bytes);
}

Io TlsStream::send(std::span<iovec> pieces) {
  std::size_t sent = 0;
  for (const iovec& piece : pieces) {
    for (std::size_t at = 0; at < piece.iov_len;) {
      if (state_ != State::Open) return {Io::Kind::Failed, 0};
      ERR_clear_error();
      std::size_t bytes = 0;
      const int result = SSL_write_ex(ssl_, static_cast<const char*>(piece.iov_base) + at, piece.iov_len - at, &bytes);
      if (const Io io = outcome(result, bytes); io.kind != Io::Kind::Done) {
        return sent > 0 && io.kind == Io::Kind::Again ? Io{Io::Kind::Done, sent} : io;
      }
      at += bytes;
      sent += bytes;
    }
  }
  return {Io::Kind::Done, sent};
}

Io TlsStream::outcome(int result, std::size_t bytes) {
  if (result == 1) return {Io::Kind::Done, bytes};
  switch (const int error = SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {Io::Kind::Again, 0};
    case SSL_ERROR_ZERO_RETURN: return {Io::Kind::End, 0};
    default: fail(error); return {Io::Kind::Failed, 0};
  }
}

void TlsStream::fail(int error) {
  state_ = State::Ended;
  if (error != SSL_ERROR_SSL) return;  // the connection broke
  const unsigned long reason = ERR_peek_error();
  const int code = ERR_GET_REASON(reason);
  if (SSL_get_verify_result(ssl_) != X509_V_OK) {
    fault_ = LinkFault::TlsCertificate;
  } else if (ERR_GET_LIB(reason) == ERR_LIB_SSL && code >= SSL_AD_REASON_OFFSET) {
    fault_ = LinkFault::TlsAlert;
  } else if (code != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    fault_ = LinkFault::TlsProtocol;
  }
}

}  // namespace peko::net

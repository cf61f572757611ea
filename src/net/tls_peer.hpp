/// For tests: a certificate authority and a TLS server, on the thread of the test.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "net/listener.hpp"

namespace peko::net {

struct CertificateSpec {
  std::string host = "localhost";        ///< a name or a numeric address
  std::chrono::seconds valid_for{3600};  ///< negative: expired so long ago
  bool self_signed = false;              ///< not signed by the authority
};

/// What the server does otherwise than a good one.
struct TlsPeerSpec {
  CertificateSpec certificate;
  bool wants_certificate = false;  ///< of the client, which has none: ends with an alert
  bool speaks_old = false;         ///< nothing after TLS 1.1
  std::string alpn = "http/1.1";   ///< selected whatever the client offers
};

/// Makes its key and the file with its certificate; removes the file at the end.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  friend class TlsPeer;
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string file_;
};

/// Serves one connection after the other on 127.0.0.1. Nothing happens but in step().
class TlsPeer {
 public:
  TlsPeer(TestAuthority& authority, const TlsPeerSpec& spec);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// Accepts, shakes hands, receives and sends as far as it goes without waiting.
  void step();
  [[nodiscard]] Address address() const { return listener_.address(); }

  void say(std::string_view text) { to_send_ += text; }
  /// After what it has to say: with close_notify, or the TCP connection alone.
  void close_in_order();
  void just_close();

  std::string received;
  std::size_t accepted = 0;
  bool client_said_goodbye = false;
  std::string sni;

 private:
  struct Session;

  Listener listener_;
  std::unique_ptr<Session> session_;
  std::string to_send_;
};

}  // namespace peko::net

#include "net/dialer.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "net/host.hpp"

namespace peko::net {
namespace {

LinkFault fault_of(int error) {
  switch (error) {
    case ECONNREFUSED: return LinkFault::Refused;
    case ETIMEDOUT: return LinkFault::Timeout;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
    case EINVAL: return LinkFault::Unroutable;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN: return LinkFault::Exhausted;
    default: return LinkFault::Terminated;
  }
}

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// Its expiry is another object's method.
template <typename T>
class DeadlineOf final : public Deadline {
 public:
  using Expired = void (T::*)();
  DeadlineOf(T& owner, Expired expired) : owner_(owner), expired_(expired) {}

 private:
  void expired() override { (owner_.*expired_)(); }

  T& owner_;
  const Expired expired_;
};

}  // namespace

std::vector<Address> interleave_families(std::span<const Address> addresses) {
  std::vector<Address> first;
  std::vector<Address> second;
  for (const Address& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  std::vector<Address> ordered;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < second.size()) ordered.push_back(second[i]);
  }
  return ordered;
}

/// A socket of a run: first one of several that connect, then the one over which TLS is made.
class Dialer::Attempt final : public IoHandler {
 public:
  Attempt(Run& run, Loop& loop, UniqueFd socket) : run_(run), loop_(loop), socket_(std::move(socket)) {}
  ~Attempt() override { unwatch(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  bool watch() { return watched_ = loop_.watch(socket_.get(), *this).has_value(); }
  UniqueFd take() {
    unwatch();
    return std::move(socket_);
  }
  int fd() const { return socket_.get(); }
  void on_io(std::uint32_t events) override;

 private:
  void unwatch() {
    if (std::exchange(watched_, false)) loop_.unwatch(socket_.get(), *this);
  }

  Run& run_;
  Loop& loop_;
  UniqueFd socket_;
  bool watched_ = false;
};

/// One dial. Every method that may end it is the last thing its caller does.
class Dialer::Run final : public Dial, private Runnable, private IoHandler {
 public:
  Run(Dialer& dialer, const DialRequest& request, Dialled dialled)
      : dialer_(dialer),
        host_(request.host),
        owner_(request.owner),
        port_(request.port),
        security_(request.security),
        dialled_(std::move(dialled)),
        whole_(*this, &Run::timed_out),
        next_(*this, &Run::connect_next) {
    whole_.arm(dialer.loop_.deadlines(), dialer.loop_.now() + request.timeout);
    dialer.loop_.schedule(*this);
  }
  ~Run() override {
    if (tls_) dialer_.loop_.unwatch(tls_->fd(), *this);
  }

  void attempt_ready(Attempt& attempt);

 private:
  void run() override;
  void on_io(std::uint32_t) override { shake_hands(); }
  void connect_next();
  bool connect_to(const Address& address);
  void connected(UniqueFd socket);
  void shake_hands();
  void timed_out();
  void note(LinkFault fault) { fault_ = std::max(fault_, fault); }
  void end(std::expected<std::unique_ptr<Stream>, LinkFault> outcome);

  Dialer& dialer_;
  const std::string host_;
  const std::string owner_;
  const std::uint16_t port_;
  const DialRequest::Security security_;
  Dialled dialled_;
  DeadlineOf<Run> whole_;
  DeadlineOf<Run> next_;
  std::unique_ptr<Resolver::Question> question_;
  std::vector<Address> addresses_;
  std::size_t tried_ = 0;  // addresses, from the first
  std::vector<std::unique_ptr<Attempt>> attempts_;
  LinkFault fault_ = LinkFault::Prohibited;  // the most telling one so far
  std::unique_ptr<TlsStream> tls_;
};

void Dialer::Attempt::on_io(std::uint32_t) { run_.attempt_ready(*this); }

std::unique_ptr<Dial> Dialer::dial(const DialRequest& request, Dialled dialled) {
  return std::make_unique<Run>(*this, request, std::move(dialled));
}

void Dialer::Run::run() {
  if (const auto address = Address::numeric(host_, port_)) {
    addresses_ = {*address};
    return connect_next();
  }
  if (!is_dns_name(host_)) return end(std::unexpected(LinkFault::NameUnknown));
  question_ = dialer_.resolver_.ask(host_, owner_, dialer_.loop_, [this](std::span<const Address> addresses) {
    if (addresses.empty()) return end(std::unexpected(LinkFault::NameUnknown));
    addresses_ = interleave_families(addresses);
    const auto question = std::move(question_);
    connect_next();
  });
}

/// Starts attempts until one is under way.
void Dialer::Run::connect_next() {
  while (tried_ < addresses_.size()) {
    const Address address = addresses_[tried_++].with_port(port_);
    if (!dialer_.guard_.allows(address)) continue;
    if (!connect_to(address)) continue;
    if (tried_ < addresses_.size()) next_.arm(dialer_.loop_.deadlines(), dialer_.loop_.now() + kNextAttemptAfter);
    return;
  }
  if (attempts_.empty()) end(std::unexpected(fault_));
}

bool Dialer::Run::connect_to(const Address& address) {
  UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      (::connect(socket.get(), address.raw(), address.raw_size()) != 0 && errno != EINPROGRESS && errno != EINTR)) {
    note(fault_of(errno));
    return false;
  }
  // Its event comes also when it is connected already.
  auto attempt = std::make_unique<Attempt>(*this, dialer_.loop_, std::move(socket));
  if (!attempt->watch()) {
    note(LinkFault::Exhausted);
    return false;
  }
  attempts_.push_back(std::move(attempt));
  return true;
}

void Dialer::Run::attempt_ready(Attempt& attempt) {
  const int error = pending_error(attempt.fd());
  UniqueFd socket = attempt.take();
  std::erase_if(attempts_, [&](const auto& each) { return each.get() == &attempt; });
  if (error == 0) return connected(std::move(socket));
  note(fault_of(error));
  next_.disarm();
  connect_next();
}

void Dialer::Run::connected(UniqueFd socket) {
  attempts_.clear();
  next_.disarm();
  if (security_ == DialRequest::Security::Plain) return end(std::make_unique<PlainStream>(std::move(socket)));
  auto stream = TlsStream::create(dialer_.tls_, std::move(socket), host_);
  if (!stream || !dialer_.loop_.watch(stream->fd(), *this)) return end(std::unexpected(LinkFault::Exhausted));
  tls_ = std::move(stream);
  shake_hands();
}

void Dialer::Run::shake_hands() {
  switch (tls_->handshake()) {
    case TlsStream::Handshake::Again: return;
    case TlsStream::Handshake::Failed: return end(std::unexpected(tls_->fault()));
    case TlsStream::Handshake::Done: break;
  }
  auto stream = std::move(tls_);
  dialer_.loop_.unwatch(stream->fd(), *this);
  end(std::move(stream));
}

void Dialer::Run::timed_out() {
  end(std::unexpected(addresses_.empty() ? LinkFault::NameTimeout : LinkFault::Timeout));
}

void Dialer::Run::end(std::expected<std::unique_ptr<Stream>, LinkFault> outcome) {
  whole_.disarm();
  next_.disarm();
  attempts_.clear();
  if (tls_) dialer_.loop_.unwatch(tls_->fd(), *this);
  tls_.reset();
  auto dialled = std::move(dialled_);
  dialled(std::move(outcome));
}

}  // namespace peko::net

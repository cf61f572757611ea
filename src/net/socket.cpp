#include "net/socket.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace peko::net {
namespace {

Io moved(ssize_t count) {
  if (count > 0) return {Io::Kind::Done, static_cast<std::size_t>(count)};
  if (count == 0) return {Io::Kind::End, 0};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::Kind::Again : Io::Kind::Failed, 0};
}

template <typename Call>
Io retried(Call call) {
  ssize_t count = 0;
  do {
    count = call();
  } while (count < 0 && errno == EINTR);
  return moved(count);
}

}  // namespace

Io receive(int fd, std::span<char> into) {
  return retried([&] { return ::recv(fd, into.data(), into.size(), 0); });
}

Io discard(int fd, std::size_t bytes_max) {
  return retried([&] { return ::recv(fd, nullptr, bytes_max, MSG_TRUNC); });
}

Io send(int fd, std::span<const char> bytes) {
  return retried([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
}

Io send(int fd, std::span<iovec> pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return retried([&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); });
}

std::size_t untaken(int fd) {
  int bytes = 0;
  ::ioctl(fd, SIOCOUTQ, &bytes);
  return static_cast<std::size_t>(bytes);
}

void shut_down_sending(int fd) { ::shutdown(fd, SHUT_WR); }

void reset(UniqueFd fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  fd.close();
}

}  // namespace peko::net

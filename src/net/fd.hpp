/// Fd: the one owner of a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace peko::net {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = other.release();
    }
    return *this;
  }
  ~Fd() { close(); }

  [[nodiscard]] int number() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  /// Closes it, if it holds one.
  void close() {
    if (fd_ >= 0) ::close(release());
  }
  /// Gives the ownership away.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace peko::net

/// UniqueFd: the one owner of a file descriptor, closed by the destructor.
#pragma once

#include <unistd.h>

#include <utility>

namespace peko {

class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes ownership; a negative number owns nothing.
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = other.release();
    }
    return *this;
  }
  ~UniqueFd() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Closes it, if it holds one.
  void close() {
    if (*this) ::close(release());
  }
  /// Gives ownership away.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace peko

/// The calls on a connected, non-blocking stream socket. One call of the kernel each; EINTR is retried; no SIGPIPE.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/unique_fd.hpp"

namespace peko::net {

/// What one call did.
struct Io {
  enum class Kind : std::uint8_t {
    Done,    ///< `bytes` were moved, at least one
    Again,   ///< nothing to read, or no room to write: wait for the event
    End,     ///< the peer sends no more (only when receiving)
    Failed,  ///< the connection is broken
  };
  Kind kind = Kind::Failed;
  std::size_t bytes = 0;
};

/// Receives up to `into.size()` bytes, which is not 0.
Io receive(int fd, std::span<char> into);
/// Receives up to `bytes_max` bytes and throws them away, without copying them.
Io discard(int fd, std::size_t bytes_max);
/// Sends a prefix of `bytes`, which are not empty.
Io send(int fd, std::span<const char> bytes);
/// Sends a prefix of the pieces, at most IOV_MAX of them, at least one and none empty.
Io send(int fd, std::span<iovec> pieces);

/// Bytes that were sent and that the peer has not acknowledged.
std::size_t untaken(int fd);

/// Tells the peer that no more will be sent; receiving goes on.
void shut_down_sending(int fd);
/// Closes such that the peer sees a reset and never a clean end; what was not sent is dropped.
void reset(UniqueFd fd);

}  // namespace peko::net

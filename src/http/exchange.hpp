/// Exchange: one request and the making of its response, whatever the version of HTTP.
///
/// The border between the codecs (HTTP/1.1 now, HTTP/2 later) below and everything that answers requests above. A codec
/// implements Exchange, the application implements Handler. All on one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "net/event.hpp"

namespace peko::http {

/// A piece of a body that somebody else owns: sent, or given to a guest, without a copy where that pays, released
/// exactly once by the destructor.
class Chunk {
 public:
  using Release = void (*)(void* state) noexcept;

  Chunk() = default;
  /// Static or otherwise outliving bytes.
  explicit Chunk(std::string_view bytes) : bytes_(bytes) {}
  /// `state` (at most 32 bytes, trivially relocatable) is copied in; `release(state)` frees the bytes.
  Chunk(std::string_view bytes, Release release, const void* state, std::size_t state_size);
  /// Bytes of its own.
  static Chunk of(std::string bytes);
  Chunk(Chunk&& other) noexcept;
  Chunk& operator=(Chunk&& other) noexcept;
  ~Chunk();

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
  Release release_ = nullptr;
  alignas(std::uintptr_t) std::byte state_[4 * sizeof(std::uintptr_t)]{};
};

struct ResponseHead {
  unsigned status = 200;
  Fields fields;  ///< hop-by-hop fields are dropped; content-length is honoured and enforced
};

enum class BodyState : std::uint8_t {
  Open,      ///< more may come
  Complete,  ///< all of it has been read from the client; what body() shows is the rest
  Failed,    ///< the client left or broke the framing, it was too long or too slow: it will never be complete
};

/// One request. Lives until the handler calls finish() or abort(), exactly one of them, exactly once; the reference is
/// dead then. Also when the client is gone.
class Exchange {
 public:
  /// The head. Its views are valid until the handler first returns from Handler::handle; copy what must live longer.
  virtual const RequestHead& head() const = 0;
  /// Where the request came from, "address:port", valid as long as the exchange.
  virtual std::string_view peer() const = 0;

  /// Sets `event` whenever body bytes arrived or the body ended, the response became writable again, or the client
  /// left. Null: nobody. `event` outlives the exchange or is taken back before.
  virtual void notify(net::Event* event) = 0;
  /// The client has gone (reset, closed, timed out): nobody will read the response.
  virtual bool gone() const = 0;

  // Request body: pulled.

  /// Says that the body will be read: from here on bytes are received (and "100 Continue" goes out when the client
  /// waits for it). Without it the connection reads nothing, and finish() discards a small rest or closes.
  virtual void accept_body(std::uint64_t bytes_max) = 0;
  /// The bytes at hand, maybe none. Valid until consume(), take_body() or the next suspension.
  virtual std::span<const char> body() const = 0;
  /// Takes the first `n` of them away; makes the connection read on.
  virtual void consume(std::size_t n) = 0;
  /// Takes all of body() away with its memory, which spares a copy. Empty when it has to be copied: nothing was taken.
  virtual Chunk take_body() = 0;
  virtual BodyState body_state() const = 0;
  /// Failed because it was longer than accept_body allowed.
  virtual bool body_too_large() const = 0;
  /// Trailer fields, once body_state() is Complete.
  virtual Fields trailers() const = 0;

  // Response: pushed.

  /// Queues the head. Once, before write and finish. Without content-length the body is delimited by the codec
  /// (chunked, stream end).
  virtual void send_head(const ResponseHead& head) = 0;
  /// Room for more: false while more than the high-water mark is queued. Writing nevertheless is allowed, and costs
  /// memory.
  virtual bool writable() const = 0;
  /// Queues a piece of the body; ignored when the response has none (HEAD, 204, 304).
  virtual void write(Chunk chunk) = 0;
  /// The response is complete. A body shorter than its content-length is aborted instead. Returns whether it ended
  /// cleanly.
  virtual bool finish(Fields trailers = {}) = 0;
  /// The response is not complete and never will be: the client sees a reset, never a clean end.
  virtual void abort() = 0;

  /// Bytes of body received and sent so far, for the log.
  virtual std::uint64_t bytes_in() const = 0;
  virtual std::uint64_t bytes_out() const = 0;

 protected:
  ~Exchange() = default;
};

/// Why a codec refuses a request before the handler sees it.
enum class Rejection : std::uint8_t {
  BadRequest,          ///< 400: malformed; `detail` says what
  UriTooLong,          ///< 414
  HeadersTooLarge,     ///< 431: bytes or fields
  HeadTimeout,         ///< 408: the head did not arrive in time
  UnsupportedVersion,  ///< 505
  NotImplemented,      ///< 501: CONNECT, a transfer coding other than chunked
  ExpectationFailed,   ///< 417: an expectation other than 100-continue
};

/// What answers a rejected request; the connection closes after it.
struct RejectionResponse {
  unsigned status = 400;
  Fields fields;          ///< views valid until the next call
  std::string_view body;  ///< likewise
};

class Handler {
 public:
  /// Starts answering. May finish the exchange before it returns (the fast way) or any time later on this loop.
  virtual void handle(Exchange& exchange) = 0;
  /// Makes the response for a request that the codec refuses. `detail` is a short text for people.
  virtual RejectionResponse reject(Rejection rejection, std::string_view detail) = 0;

 protected:
  ~Handler() = default;
};

}  // namespace peko::http

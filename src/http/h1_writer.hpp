/// Writes responses of HTTP/1.1: heads, chunks, trailers. Pure functions that append to a buffer of the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"

namespace peko::http {

enum class Persistence : std::uint8_t { Close, KeepAlive };

/// The status as it goes out: handlers may send 200 to 999; anything else is their bug and becomes 500.
constexpr unsigned final_status(unsigned status) { return status >= 200 && status <= 999 ? status : 500; }

/// The framing of a response to a request of that method and version (RFC 9112, section 6.3). `status` is made final
/// first.
Framing decide_framing(std::string_view method, Version version, unsigned status,
                       std::optional<std::uint64_t> content_length);

/// The content-length that a handler declares: one value of digits. Nothing when there is none, or when it is malformed
/// or contradicts itself; the body is then delimited by the codec.
std::optional<std::uint64_t> declared_length(Fields fields);

/// How to write a head.
struct HeadStyle {
  Version version = Version::Http11;  ///< of the request
  Framing framing;
  Persistence persistence = Persistence::KeepAlive;
  std::string_view date;  ///< value of the date field, unless the handler sends one; empty: none
};

/// Appends the status line and all fields to `out`. Fields of the hop (connection, transfer-encoding, ...) and
/// content-length are ours and are left out. Fields that would break the framing (a name that is no token; CR, LF, NUL
/// or another control in a value) are left out too. Returns the number of the latter. Says "connection: close" for
/// Close and for UntilClose.
std::size_t write_head(std::string& out, const ResponseHead& head, const HeadStyle& style);

/// Appends what goes before the bytes of a chunk. `size` is not 0. After the bytes comes kChunkEnd.
void write_chunk_begin(std::string& out, std::size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";

/// Appends the last chunk with its trailers, which ends a chunked body. Leaves out what write_head leaves out, and
/// every other field that RFC 9110 (6.5.1) forbids in trailers. Returns the number of invalid fields.
std::size_t write_last_chunk(std::string& out, Fields trailers);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace peko::http

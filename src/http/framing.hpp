/// How the end of a body is marked in HTTP/1.
#pragma once

#include <cstdint>
#include <optional>

namespace peko::http {

enum class BodyEnd : std::uint8_t {
  None,        ///< there is no body, whatever the fields say (HEAD, 204, 304)
  Length,      ///< exactly `content_length` bytes
  Chunked,     ///< chunks, then the last chunk
  UntilClose,  ///< the end of the connection
};

struct Framing {
  BodyEnd end = BodyEnd::None;
  std::optional<std::uint64_t> content_length;  ///< the value of the content-length field, nothing: no such field

  friend bool operator==(const Framing&, const Framing&) = default;
};

}  // namespace peko::http

/// ChunkDecoder: finds the data in a chunked body (RFC 9112, section 7.1), byte by byte.
///
/// Written here because Beast 1.81 asserts when an empty chunked body arrives in pieces ("0\r\n", then one byte), lets
/// line feeds through in quoted extensions and does not bound extensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace peko::http {

/// Every byte is consumed when it is seen: nothing has to stay in the caller's buffer.
class ChunkDecoder {
 public:
  enum class Event : std::uint8_t { NeedMore, Data, Done, Malformed, TrailersTooLarge };

  struct Step {
    Event event = Event::NeedMore;
    std::size_t consumed = 0;
    std::string_view data;    ///< Data: a view into the input
    std::string_view detail;  ///< Malformed: static text
  };

  /// Bytes of the extensions of one chunk, and of all chunks of one body, so that tiny chunks cannot cost a multiple of
  /// their data. Nobody uses extensions; hyper bounds them by 16 KiB a body likewise.
  static constexpr std::size_t kExtensionMax = 256;
  static constexpr std::size_t kExtensionsMax = 16 * 1024;

  /// Forgets everything; the next byte begins a chunked body. The limits bound the trailer section.
  void reset(std::size_t trailer_bytes_max, std::size_t trailer_count_max);

  /// Returns after the first event, so feed on until NeedMore or Done. Not to be called after Malformed or
  /// TrailersTooLarge.
  Step feed(std::string_view input);

  /// The trailer section once Done: lines with their CRLF, without the last, empty one. The reader of the trailers
  /// changes it in place.
  [[nodiscard]] std::string& trailer_text() { return trailer_text_; }

 private:
  enum class State : std::uint8_t { Size, Extension, SizeLf, Data, DataCr, DataLf, Trailers, Done };

  Step take_data(std::string_view input);
  Step take_framing_byte(char c);
  Step take_trailer_line(std::string_view input);
  void begin_size_line();

  State state_ = State::Size;
  std::uint64_t left_ = 0;      // of the chunk; while in a size line: its size so far
  std::size_t digits_ = 0;      // of the size
  std::size_t line_bytes_ = 0;  // of the current extension or trailer line
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_max_ = 0;
  std::size_t trailer_count_max_ = 0;
  std::size_t trailer_count_ = 0;
  std::string trailer_text_;
};

}  // namespace peko::http

#include "http/h1_writer.hpp"

#include <charconv>

#include "base/assert.hpp"
#include "http/grammar.hpp"

namespace peko::http {
namespace {

constexpr std::size_t kNumberBytesMax = 20;  // of 64 bits, decimal

/// Writes into storage that is known to be large enough.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}

  void put(std::string_view text) { at_ += text.copy(at_, text.size()); }
  void put_number(std::uint64_t number, int base = 10) {
    at_ = std::to_chars(at_, at_ + kNumberBytesMax, number, base).ptr;
  }
  void put_field(std::string_view name, std::string_view value) {
    put(name);
    put(": ");
    put(value);
    put("\r\n");
  }
  [[nodiscard]] char* at() const { return at_; }

 private:
  char* at_;
};

/// Appends what `write(cursor)` writes, at most `bytes_max`.
template <typename Write>
void append(std::string& out, std::size_t bytes_max, Write write) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + bytes_max, [&](char* data, std::size_t) {
    Cursor cursor(data + before);
    write(cursor);
    return static_cast<std::size_t>(cursor.at() - data);
  });
}

std::size_t bytes_of(Fields fields) {
  std::size_t bytes = 0;
  for (const Field& field : fields) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

bool is_valid(const Field& field) { return is_token(field.name) && is_field_value(field.value); }

bool is_content_length(std::string_view name) { return name.size() == 14 && iequals(name, "content-length"); }

bool is_date(std::string_view name) { return name.size() == 4 && iequals(name, "date"); }

void put_status_line(Cursor& cursor, unsigned status) {
  if (status == 200) return cursor.put("HTTP/1.1 200 OK\r\n");
  cursor.put("HTTP/1.1 ");
  cursor.put_number(status);
  cursor.put(" ");
  cursor.put(reason_phrase(status));
  cursor.put("\r\n");
}

void put_framing(Cursor& cursor, const Framing& framing) {
  if (framing.end == BodyEnd::Chunked) return cursor.put("transfer-encoding: chunked\r\n");
  if (!framing.content_length) return;
  cursor.put("content-length: ");
  cursor.put_number(*framing.content_length);
  cursor.put("\r\n");
}

void put_persistence(Cursor& cursor, const HeadStyle& style) {
  if (style.persistence == Persistence::Close || style.framing.end == BodyEnd::UntilClose)
    return cursor.put("connection: close\r\n");
  if (style.version == Version::Http10) cursor.put("connection: keep-alive\r\n");
}

}  // namespace

Framing decide_framing(std::string_view method, Version version, unsigned status,
                       std::optional<std::uint64_t> content_length) {
  status = final_status(status);
  // RFC 9110, 8.6: no content-length in a 204; in answers to HEAD and in a 304 it tells about the body that is not
  // sent.
  if (status == 204) return {BodyEnd::None, std::nullopt};
  if (status == 304 || method == "HEAD") return {BodyEnd::None, content_length};
  if (status == 205) return {BodyEnd::None, 0};  // RFC 9110, 15.3.6: never content, but clients wait for an end
  if (content_length) return {BodyEnd::Length, content_length};
  return {version == Version::Http10 ? BodyEnd::UntilClose : BodyEnd::Chunked, std::nullopt};
}

std::optional<std::uint64_t> declared_length(Fields fields) {
  std::optional<std::uint64_t> declared;
  for (const Field& field : fields) {
    if (!is_content_length(field.name)) continue;
    const auto length = parse_digits(field.value);
    if (!length || (declared && *declared != *length)) return std::nullopt;
    declared = length;
  }
  return declared;
}

std::size_t write_head(std::string& out, const ResponseHead& head, const HeadStyle& style) {
  // The longest status line with its reason, date, content-length or transfer-encoding, connection, empty line: below
  // 200 bytes.
  constexpr std::size_t kOwnBytesMax = 256;
  std::size_t invalid = 0;
  append(out, kOwnBytesMax + style.date.size() + bytes_of(head.fields), [&](Cursor& cursor) {
    put_status_line(cursor, final_status(head.status));
    bool dated = style.date.empty();
    for (const Field& field : head.fields) {
      if (is_hop_by_hop(field.name) || is_content_length(field.name)) continue;
      if (!is_valid(field)) {
        ++invalid;
        continue;
      }
      dated |= is_date(field.name);
      cursor.put_field(field.name, field.value);
    }
    if (!dated) cursor.put_field("date", style.date);
    put_framing(cursor, style.framing);
    put_persistence(cursor, style);
    cursor.put("\r\n");
  });
  return invalid;
}

void write_chunk_begin(std::string& out, std::size_t size) {
  PEKO_ASSERT(size > 0, "a chunk of size 0 would end the body");
  append(out, kNumberBytesMax + kChunkEnd.size(), [&](Cursor& cursor) {
    cursor.put_number(size, 16);
    cursor.put("\r\n");
  });
}

std::size_t write_last_chunk(std::string& out, Fields trailers) {
  std::size_t invalid = 0;
  append(out, 8 + bytes_of(trailers), [&](Cursor& cursor) {
    cursor.put("0\r\n");
    for (const Field& field : trailers) {
      if (is_forbidden_in_trailers(field.name)) continue;
      if (is_valid(field)) {
        cursor.put_field(field.name, field.value);
      } else {
        ++invalid;
      }
    }
    cursor.put("\r\n");
  });
  return invalid;
}

}  // namespace peko::http

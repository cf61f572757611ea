#include "code/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kSegmentBytesMax = 255;  // what file systems allow

/// For each byte whether a segment may have it.
constexpr auto kSegmentBytes = [] {
  std::array<bool, 256> bytes{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+=@~-")) {
    bytes[static_cast<unsigned char>(c)] = true;
  }
  return bytes;
}();

std::unexpected<Error> no_key(std::string_view what, std::string_view text, std::string_view why) {
  // A hostile key must not fill a log or steer a terminal.
  std::string shown(text.substr(0, 100));
  for (char& c : shown) {
    if (c < ' ' || c > '~') {
      c = '?';
    }
  }
  return fail(Code::Invalid,
              fmt::format("\"{}\"{} is no {} of an object: {}", shown, text.size() > 100 ? "…" : "", what, why));
}

Status check_segment(std::string_view what, std::string_view text, std::string_view segment) {
  if (is_key_segment(segment)) {
    return {};
  }
  if (segment.empty()) {
    return no_key(what, text, "a part between '/' is empty");
  }
  if (segment.front() == '.') {
    return no_key(what, text, "a part begins with '.'");
  }
  if (segment.size() > kSegmentBytesMax) {
    return no_key(what, text, fmt::format("a part has more than {} bytes", kSegmentBytesMax));
  }
  return no_key(what, text, "only letters, digits, '/' and . _ % + = @ ~ - are allowed");
}

Status check_segments(std::string_view what, std::string_view text, std::string_view segments) {
  if (text.size() > kKeyBytesMax) {
    return no_key(what, text, fmt::format("it has more than {} bytes", kKeyBytesMax));
  }
  for (const std::string_view segment : split(segments, '/')) {
    if (Status checked = check_segment(what, text, segment); !checked) {
      return checked;
    }
  }
  return {};
}

/// Collects an object's bytes up to a limit.
class Collector {
 public:
  explicit Collector(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  Status take(std::string_view piece) {
    if (piece.size() > bytes_max_ - bytes.size()) {
      return fail(Code::Invalid, fmt::format("larger than {}, the most that is taken here", human_bytes(bytes_max_)));
    }
    bytes += piece;
    return {};
  }

  std::string bytes;

 private:
  std::size_t bytes_max_;
};

}  // namespace

bool is_key_segment(std::string_view segment) {
  return !segment.empty() && segment.size() <= kSegmentBytesMax && segment.front() != '.' &&
         std::ranges::all_of(segment, [](char c) { return kSegmentBytes[static_cast<unsigned char>(c)]; });
}

Status check_key(std::string_view key) { return check_segments("key", key, key); }

Status check_prefix(std::string_view prefix) {
  if (prefix.empty()) {
    return {};
  }
  const std::string_view segments = prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1) : prefix;
  return check_segments("prefix", prefix, segments);
}

Result<std::string_view> TextSource::read(std::uint64_t offset, std::size_t bytes_max) {
  PEKO_ASSERT(offset <= text_.size(), "a source is read within its size");
  return text_.substr(offset, bytes_max);
}

Result<std::optional<Object>> get_if_changed(Store& store, std::string_view key, std::string_view etag,
                                             std::size_t bytes_max) {
  Collector collector(bytes_max);
  bool too_large = false;
  const ByteSink sink = [&](std::string_view piece) {
    Status taken = collector.take(piece);
    too_large = !taken;
    return taken;
  };
  auto info = store.get(key, sink, {}, etag);
  if (!info) {
    return too_large ? fail(std::move(info.error()), fmt::format("reading {} of {}", key, store.shown()))
                     : fail(std::move(info.error()));
  }
  if (!*info) {
    return std::nullopt;
  }
  return Object{.info = std::move(**info), .bytes = std::move(collector.bytes)};
}

Result<Object> get_object(Store& store, std::string_view key, std::size_t bytes_max) {
  auto object = get_if_changed(store, key, {}, bytes_max);
  if (!object) {
    return fail(std::move(object.error()));
  }
  PEKO_ASSERT(object->has_value(), "a store leaves out only what has the etag that was given");
  return std::move(**object);
}

Result<ObjectInfo> put_object(Store& store, std::string_view key, std::string_view bytes, const PutIf& condition) {
  TextSource source(bytes);
  return store.put(key, source, condition);
}

}  // namespace peko::code

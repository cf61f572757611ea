#include "code/asset_type.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/text.hpp"

namespace peko::code {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

// Types of the IANA registry, for what web sites consist of. JavaScript: RFC 9239.
constexpr std::array kTypes = std::to_array<Row>({
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"atom", "application/atom+xml; charset=utf-8"},
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"br", "application/octet-stream"},
    {"cjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json; charset=utf-8"},
    {"gif", "image/gif"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json; charset=utf-8"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json; charset=utf-8"},
    {"jsonld", "application/ld+json; charset=utf-8"},
    {"jxl", "image/jxl"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"mpeg", "video/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"rss", "application/rss+xml; charset=utf-8"},
    {"rtf", "application/rtf"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"ts", "video/mp2t"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json; charset=utf-8"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml; charset=utf-8"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml; charset=utf-8"},
    {"zip", "application/zip"},
});
static_assert(std::ranges::is_sorted(kTypes), "types are found by bisection");

constexpr std::string_view kUnknown = "application/octet-stream";
constexpr std::size_t kHashMin = 8;
constexpr std::size_t kHashMax = 32;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What follows the last dot of a name; empty: it has none.
std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

struct Alphabet {
  bool figures = false;
  bool lower = false;
  bool upper = false;
  bool beyond_f = false;
  bool others = false;  // neither letter nor figure, '-' and '_'
};

Alphabet alphabet_of(std::string_view text) {
  Alphabet alphabet;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      alphabet.figures = true;
    } else if (c >= 'a' && c <= 'z') {
      alphabet.lower = true;
      alphabet.beyond_f = alphabet.beyond_f || c > 'f';
    } else if (c >= 'A' && c <= 'Z') {
      alphabet.upper = true;
    } else if (c == '-' || c == '_') {
      alphabet.beyond_f = true;
    } else {
      alphabet.others = true;
    }
  }
  return alphabet;
}

enum class Kind : std::uint8_t { Figure, Lower, Upper, Other };

Kind kind_of(char c) {
  if (c >= '0' && c <= '9') return Kind::Figure;
  if (c >= 'a' && c <= 'z') return Kind::Lower;
  return c >= 'A' && c <= 'Z' ? Kind::Upper : Kind::Other;
}

/// Whether every second character or more is of another kind than the one before it: so in 8 of 10 hashes of mixed
/// case, and in no "March2024".
bool is_mixed(std::string_view text) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < text.size(); i++) changes += kind_of(text[i]) != kind_of(text[i - 1]) ? 1 : 0;
  return 2 * changes >= text.size();
}

}  // namespace

std::string_view asset_type(std::string_view path) {
  const std::string_view extension = extension_of(name_of(path));
  std::array<char, 16> lower{};
  if (extension.empty() || extension.size() > lower.size()) return kUnknown;
  std::ranges::transform(extension, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view key(lower.data(), extension.size());
  const auto* const row = std::ranges::lower_bound(kTypes, key, {}, &Row::first);
  return row != kTypes.end() && row->first == key ? row->second : kUnknown;
}

bool is_compressible(std::string_view type) {
  constexpr std::array kMore = std::to_array<std::string_view>(
      {"application/wasm", "application/vnd.ms-fontobject", "font/otf", "font/ttf", "image/bmp",
       "image/vnd.microsoft.icon", "application/vnd.apple.mpegurl", "application/dash+xml", "application/x-tar",
       "model/gltf-binary", "application/rtf"});
  return type.ends_with("charset=utf-8") || std::ranges::find(kMore, type) != kMore.end();
}

bool is_fingerprinted(std::string_view path) {
  std::string_view name = name_of(path);
  name = name.substr(0, std::min(name.size(), name.rfind('.')));
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view hash = name.substr(dot + 1);
  if (hash.size() < kHashMin) return false;
  const Alphabet alphabet = alphabet_of(hash);
  if (alphabet.others || !alphabet.figures || !alphabet.lower) return false;
  if (!alphabet.upper && !alphabet.beyond_f) return true;
  return alphabet.upper && hash.size() <= kHashMax && is_mixed(hash);
}

}  // namespace peko::code

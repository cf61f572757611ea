#include "code/asset_forms.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "code/asset_type.hpp"

namespace peko::code {
namespace {

// Less fits into a packet anyway, with its head.
constexpr std::size_t kWorthCompressing = 1024;
// The best quality takes about two seconds a megabyte, the next lower ones a tenth of that.
constexpr std::size_t kBestQualityMax = std::size_t{1} << 20U;
constexpr int kLowerQuality = 9;
// zlib: 15 bits of window, and 16 more for gzip's frame in place of zlib's.
constexpr int kGzipWindow = 15 + 16;
constexpr int kGzipMemory = 9;

bool pays(std::size_t compressed, std::size_t plain) { return compressed + plain / 10 < plain; }

std::optional<std::string> brotli(std::string_view bytes) {
  std::string out(::BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
  std::size_t size = out.size();
  const int quality = bytes.size() <= kBestQualityMax ? BROTLI_MAX_QUALITY : kLowerQuality;
  // Safety: bytes, seen as the unsigned ones that both libraries take.
  const auto* const from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  auto* const to = reinterpret_cast<std::uint8_t*>(out.data());
  const BROTLI_BOOL done =
      ::BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, bytes.size(), from, &size, to);
  if (done == BROTLI_FALSE || !pays(size, bytes.size())) return std::nullopt;
  out.resize(size);
  return out;
}

std::optional<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kGzipMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  // Safety: bytes, seen as the unsigned ones that both libraries take; zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  const std::size_t size = stream.total_out;
  ::deflateEnd(&stream);
  if (!done || !pays(size, bytes.size())) return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

AssetForms compress_asset(std::string_view bytes, std::string_view type) {
  if (bytes.size() < kWorthCompressing || !is_compressible(type)) return {};
  return {.brotli = brotli(bytes), .gzip = gzip(bytes)};
}

}  // namespace peko::code

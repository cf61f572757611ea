#include "base/ids.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace peko {
namespace {

// The eight hexadecimal digits of 32 bits, all at once: each half byte in a byte of its own, then made a character.
std::array<char, 8> hex_digits(std::uint64_t bits) {
  constexpr std::uint64_t kEach = 0x0101010101010101ULL;
  bits &= 0xffffffff;
  bits = (bits | bits << 16U) & 0x0000ffff0000ffffULL;
  bits = (bits | bits << 8U) & 0x00ff00ff00ff00ffULL;
  bits = (bits | bits << 4U) & 0x0f0f0f0f0f0f0f0fULL;
  const std::uint64_t letters = ((bits + kEach * 6) >> 4U) & kEach;  // 1 where the half byte is above 9
  bits += kEach * '0' + letters * ('a' - '9' - 1);
  if constexpr (std::endian::native == std::endian::little) bits = std::byteswap(bits);
  return std::bit_cast<std::array<char, 8>>(bits);
}

}  // namespace

RequestIdText to_text(const RequestId& id) {
  RequestIdText text;
  char* out = text.characters.data();
  const auto put = [&out](const char* digits, std::size_t count) {
    std::memcpy(out, digits, count);
    out += count;
  };
  const auto first = hex_digits(id.high >> 32U);
  const auto second = hex_digits(id.high);
  const auto third = hex_digits(id.low >> 32U);
  const auto fourth = hex_digits(id.low);
  put(first.data(), 8);
  put("-", 1);
  put(second.data(), 4);
  put("-", 1);
  put(second.data() + 4, 4);
  put("-", 1);
  put(third.data(), 4);
  put("-", 1);
  put(third.data() + 4, 4);
  put(fourth.data(), 8);
  return text;
}

RequestId RequestIds::next(std::chrono::system_clock::time_point now) {
  // 48 bits of milliseconds and 12 bits of fraction (RFC 9562, section 6.2, method 3).
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<decltype(since)>(since, 0));
  const std::uint64_t fraction = (nanoseconds % 1'000'000) * 4096 / 1'000'000;
  last_ = std::max((nanoseconds / 1'000'000) << 12U | fraction, last_ + 1);

  const std::uint64_t version = 7ULL << 12U;
  const std::uint64_t variant = 2ULL << 62U;
  return {.high = (last_ >> 12U) << 16U | version | (last_ & 0xfff), .low = variant | random_() >> 2U};
}

}  // namespace peko

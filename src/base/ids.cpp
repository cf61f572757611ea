#include "base/ids.hpp"

#include <algorithm>

namespace peko {
namespace {

constexpr auto kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {digits[i >> 4U], digits[i & 15U]};
  return pairs;
}();

}  // namespace

RequestIdText to_text(const RequestId& id) {
  RequestIdText text;
  auto out = text.characters.begin();
  for (unsigned byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) *out++ = '-';
    const std::uint64_t half = byte < 8 ? id.high : id.low;
    out = std::ranges::copy(kHexPairs[(half >> (56 - 8 * (byte & 7U))) & 0xff], out).out;
  }
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

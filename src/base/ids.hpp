/// RequestId: names one request in logs, in the peko-request-id field and between nodes.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string_view>

#include "base/random.hpp"

namespace peko {

/// 128 bits in the form of UUIDv7 (RFC 9562, section 5.7): ids made later sort later.
struct RequestId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const RequestId&) const = default;
};

/// The 36 characters of an id: "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10".
struct RequestIdText {
  std::array<char, 36> characters;

  [[nodiscard]] std::string_view view() const { return {characters.data(), characters.size()}; }
};

RequestIdText to_text(const RequestId& id);

/// Makes ids for one thread. Each is greater than the one before, also when the wall clock jumps back.
class RequestIds {
 public:
  /// Generators of several threads need different sequences.
  explicit RequestIds(Random random) : random_(random) {}

  RequestId next(std::chrono::system_clock::time_point now);

 private:
  Random random_;
  std::uint64_t last_ = 0;  // time of the last id in 1/4096 ms
};

}  // namespace peko

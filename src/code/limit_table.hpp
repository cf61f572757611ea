/// The limits of a function by name, and the operator's maxima: what the manifests of a node may ask for.
///
/// One table serves manifests ([limits] in peko.toml) and nodes ([limits_max] in peko-node.toml). A manifest that asks
/// for more than a maximum is an error; a default above it is clipped.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "code/function.hpp"

namespace peko::code {

/// In the order of the table.
enum class Limit : std::uint8_t {
  Cpu,
  Wall,
  Memory,
  RequestHeaders,
  Uri,
  RequestBody,
  Subrequests,
  SubrequestsAtOnce,
  Log,
  Component,
  KeyValue,
  Asset,
  Assets,
  AssetFiles,
};
inline constexpr std::size_t kLimitCount = 14;

/// `memory_mb` at most: instances of one function shall leave room for others.
inline constexpr std::uint64_t kMemoryMbMax = 1024;

/// What a key-value store may hold at most: a backup of it takes seconds, not hours.
inline constexpr std::uint64_t kKeyValueMbMax = 10'240;

/// One limit, in the unit of its key.
struct LimitRow {
  Limit limit;
  std::string_view key;  ///< in [limits_max], and in a manifest's [limits] unless the last two say otherwise
  std::uint64_t low;
  std::uint64_t high;  ///< of every node
  std::uint64_t (*get)(const Function& function);
  void (*set)(Function& function, std::uint64_t value);
  std::string_view table = "limits";  ///< of a manifest
  std::string_view other_key;         ///< there; empty: the same

  [[nodiscard]] std::string_view manifest_key() const { return other_key.empty() ? key : other_key; }
};

std::span<const LimitRow, kLimitCount> limit_table();
const LimitRow& row_of(Limit limit);

/// The operator's maxima; without any, those of the table.
class LimitsMax {
 public:
  LimitsMax();

  void set(Limit limit, std::uint64_t value) { values_[static_cast<std::size_t>(limit)] = value; }
  [[nodiscard]] std::uint64_t of(Limit limit) const { return values_[static_cast<std::size_t>(limit)]; }
  /// Whether a function may have this value. For `wall_ms`, 0 is "none": above every other value, and as a maximum it
  /// permits everything.
  [[nodiscard]] bool permits(Limit limit, std::uint64_t value) const;

  bool operator==(const LimitsMax&) const = default;

 private:
  std::array<std::uint64_t, kLimitCount> values_{};
};

/// A function with the default limits, none above its maximum.
Function function_within(const LimitsMax& maxima);

/// What is wrong with a value that is not permitted: the key, the value and the setting of the node.
std::string above_maximum(const LimitRow& row, std::uint64_t value, const LimitsMax& maxima);

}  // namespace peko::code

/// Random numbers: fast ones for choices and ids, secure ones for keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace peko {

/// xoshiro256** (Blackman and Vigna 2018): fast, not secret. A value for one thread; equal seeds give equal sequences,
/// which is how simulations and tests repeat themselves. Fits the standard's UniformRandomBitGenerator.
class Random {
 public:
  using result_type = std::uint64_t;

  /// A repeatable sequence.
  explicit Random(std::uint64_t seed);
  /// A sequence nobody can repeat, seeded by the kernel.
  static Random from_entropy();

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  /// 64 random bits.
  result_type operator()();

 private:
  std::array<std::uint64_t, 4> state_;
};

/// Fills `out` with bytes fit for keys and tokens, from the kernel (getrandom(2)).
void fill_secure(std::span<std::byte> out);

}  // namespace peko

#include "base/random.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>

#include "base/assert.hpp"

namespace peko {
namespace {

// Spreads a seed over the state (splitmix64, Steele et al. 2014), as the authors of xoshiro advise.
std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

Random::Random(std::uint64_t seed) : state_{} {
  for (auto& word : state_) word = split_mix(seed);
}

Random Random::from_entropy() {
  std::uint64_t seed = 0;
  fill_secure(std::as_writable_bytes(std::span(&seed, 1)));
  return Random(seed);
}

Random::result_type Random::operator()() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void fill_secure(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    PEKO_ASSERT(n > 0, "getrandom(2) without flags only fails when interrupted");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace peko

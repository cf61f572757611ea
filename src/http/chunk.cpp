#include <cstring>
#include <utility>

#include "http/exchange.hpp"

namespace peko::http {

Chunk::Chunk(std::string_view bytes, Release release, const void* state, std::size_t state_size)
    : bytes_(bytes), release_(release) {
  PEKO_ASSERT(state_size <= sizeof(state_), "the state of a chunk fits into it");
  if (state_size > 0) std::memcpy(state_, state, state_size);
}

Chunk Chunk::of(std::string bytes) {
  auto* own = new std::string(std::move(bytes));
  const auto release = [](void* state) noexcept { delete *static_cast<std::string**>(state); };
  return {*own, release, static_cast<const void*>(&own), sizeof(own)};
}

Chunk::Chunk(Chunk&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), release_(std::exchange(other.release_, nullptr)) {
  std::memcpy(state_, other.state_, sizeof(state_));
}

Chunk& Chunk::operator=(Chunk&& other) noexcept {
  if (this != &other) {
    if (release_) release_(state_);
    bytes_ = std::exchange(other.bytes_, {});
    release_ = std::exchange(other.release_, nullptr);
    std::memcpy(state_, other.state_, sizeof(state_));
  }
  return *this;
}

Chunk::~Chunk() {
  if (release_) release_(state_);
}

}  // namespace peko::http

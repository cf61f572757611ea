/// Ring: the last N of something, each with a number that counts from the first one ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/metrics.hpp"

namespace peko::edge {

/// Lives on one loop; any thread may read count(). A place is not touched before it is used the first time, so the
/// memory of a trivial T comes as it is needed.
template <typename T>
class Ring {
 public:
  explicit Ring(std::size_t size) : size_(size), places_(std::make_unique_for_overwrite<T[]>(size)) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  /// How many there have been.
  [[nodiscard]] std::uint64_t count() const { return count_.value(); }
  /// The number of the oldest one that is kept.
  [[nodiscard]] std::uint64_t first() const { return count() > size_ ? count() - size_ : 0; }

  /// The place of the oldest one, for the next. Requires a size.
  T& next() {
    T& place = places_[at_];
    at_ = at_ + 1 == size_ ? 0 : at_ + 1;
    count_.add();
    return place;
  }
  /// Requires first() <= number < count().
  [[nodiscard]] const T& operator[](std::uint64_t number) const { return places_[number % size_]; }

 private:
  const std::size_t size_;
  std::unique_ptr<T[]> places_;
  std::size_t at_ = 0;
  Counter count_;
};

}  // namespace peko::edge

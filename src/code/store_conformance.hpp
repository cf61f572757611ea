/// What every store has to do, as one suite of tests: whoever implements Store runs it.
///
///   INSTANTIATE_TEST_SUITE_P(FileStore, StoreConformance, ::testing::Values(StoreFactory{...}), store_factory_name);
///
/// in a test program that links peko_store_conformance.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "code/store.hpp"

namespace peko::code {

/// A store that is empty at first, for one test; what it left is removed by the destructor.
class StoreGround {
 public:
  virtual ~StoreGround() = default;
  /// The store, as one more process would open it: handles share nothing in memory. They end before this does.
  virtual std::unique_ptr<Store> open() = 0;
};

struct StoreFactory {
  std::string name;                                      ///< letters and digits
  std::function<std::unique_ptr<StoreGround>()> make;    ///< null from it: cannot be had here, the test is skipped
  std::uint64_t large_bytes = std::uint64_t{100} << 20;  ///< of the largest object; components have up to 100 MB
  std::size_t many_objects = 10'000;
};
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for it.
inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }
inline std::string store_factory_name(const ::testing::TestParamInfo<StoreFactory>& info) { return info.param.name; }

class StoreConformance : public ::testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override {
    ground_ = GetParam().make();
    if (!ground_) {
      GTEST_SKIP() << GetParam().name << " cannot be had on this machine";
    }
    store_ = ground_->open();
  }
  void TearDown() override {
    store_.reset();
    ground_.reset();
  }

  [[nodiscard]] Store& store() const { return *store_; }
  [[nodiscard]] std::unique_ptr<Store> another() const { return ground_->open(); }

  /// Puts an object and fails the test when that does not work.
  ObjectInfo put(std::string_view key, std::string_view bytes, const PutIf& condition = {}) const;
  /// An object's bytes, or "(Code: message)".
  [[nodiscard]] std::string bytes_of(std::string_view key) const;
  /// All keys of a listing, read in pages of `count`.
  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix, std::size_t count = 1'000) const;

 private:
  std::unique_ptr<StoreGround> ground_;
  std::unique_ptr<Store> store_;
};

/// Bytes that are made as they are read, so that a large object needs no memory. Byte n depends on `seed` and n.
class PatternSource final : public ByteSource {
 public:
  PatternSource(std::uint64_t size, std::uint64_t seed) : size_(size), seed_(seed) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<std::string_view> read(std::uint64_t offset, std::size_t bytes_max) override;

  [[nodiscard]] static char byte_at(std::uint64_t seed, std::uint64_t offset) {
    return static_cast<char>((seed + offset / 8) * 0x9e3779b97f4a7c15 >> (offset % 8 * 8));
  }
  /// From now on reading at or behind `offset` fails.
  void fail_at(std::uint64_t offset) { failing_ = offset; }

 private:
  std::uint64_t size_;
  std::uint64_t seed_;
  std::uint64_t failing_ = UINT64_MAX;
  std::string piece_;
};

}  // namespace peko::code

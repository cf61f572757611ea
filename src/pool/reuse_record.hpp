/// ReuseRecord: whether the instances of a version can serve more than one call.
///
/// Some toolchains make components that work exactly once (JavaScript with `addEventListener("fetch", ...)`). Nothing
/// in the component says so, but its calls do: on a used instance they fail before they have done anything, on a fresh
/// one the same request succeeds.
#pragma once

namespace peko::pool {

/// Of one version on one loop.
class ReuseRecord {
 public:
  /// So many misfits without a clean reuse in between, and each call gets a fresh instance for good.
  static constexpr int kMisfitsMax = 3;

  /// A call on a used instance ended cleanly.
  void fits() {
    proven_ = true;
    misfits_ = 0;
  }
  /// A call failed on a used instance, in a way that fresh ones do not.
  void misfits() {
    misfits_++;
    if (misfits_ >= kMisfitsMax) given_up_ = true;
  }

  [[nodiscard]] bool proven() const { return proven_; }
  [[nodiscard]] bool given_up() const { return given_up_; }

 private:
  int misfits_ = 0;
  bool proven_ = false;
  bool given_up_ = false;
};

}  // namespace peko::pool

/// Component: one version of a function's code, loaded and ready to be instantiated.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

struct peko_component;

namespace peko::engine {

class Runtime;

/// Shared by all loops (hence shared_ptr), and immutable but for what is known of its manners; the runtime outlives it.
class Component {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  /// Maps a compiled artifact and links it. **Its machine code is trusted: the caller has verified the file.**
  /// Conflict: compiled for another engine, compile it again. Unsupported: what it imports or exports does not
  /// have the types of WASI 0.2. Invalid: not an artifact.
  static Result<std::shared_ptr<const Component>> load(Runtime& runtime, const std::filesystem::path& artifact,
                                                       const Environment& environment);

  /// `script_engine`, which is the loaded component of js/, with a script: instances evaluate `text` before their first
  /// call, and its errors call it `name`. The engine's code is shared. Invalid: not UTF-8, no usable name.
  static Result<std::shared_ptr<const Component>> load_script(const Component& script_engine, std::string_view name,
                                                              std::string_view text, const Environment& environment);

  /// Names the key-value stores that its instances may open beside the default one. At most once, before its first
  /// call.
  void name_stores(std::span<const std::string> names) const;

  [[nodiscard]] const peko_component* handle() const { return handle_.get(); }

  /// A call of it has held a loop: one instruction may fill a gigabyte, and nothing interrupts it. Any thread.
  void count_stall() const { stalls_.fetch_add(1, std::memory_order_relaxed); }
  /// It did so kStallsMax times: its calls never run on a loop again.
  [[nodiscard]] bool unyielding() const { return stalls_.load(std::memory_order_relaxed) >= kStallsMax; }
  static constexpr std::uint32_t kStallsMax = 3;  ///< once may be an accident of the machine

  /// A call of it is over that used more, or less, than a loop can spare. Any thread; warm calls only read.
  enum class Ran : std::uint8_t { Short, Long };
  void count_call(Ran ran) const {
    const std::uint32_t row = long_row_.load(std::memory_order_relaxed);
    const bool was_long = ran == Ran::Long;
    if (was_long ? row < kLongRow : row > 0) long_row_.store(was_long ? row + 1 : 0, std::memory_order_relaxed);
  }
  /// So many long calls in a row that the next one is taken for long from its start.
  [[nodiscard]] bool runs_long() const { return long_row_.load(std::memory_order_relaxed) >= kLongRow; }
  static constexpr std::uint32_t kLongRow = 8;

 private:
  struct Delete {
    void operator()(peko_component* component) const;
  };
  explicit Component(peko_component* handle) : handle_(handle) {}
  std::unique_ptr<peko_component, Delete> handle_;
  mutable std::atomic<std::uint32_t> stalls_ = 0;
  mutable std::atomic<std::uint32_t> long_row_ = 0;  // a lost update costs nothing
};

}  // namespace peko::engine

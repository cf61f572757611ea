/// Component: one version of a function's code, loaded and ready to be instantiated.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

struct peko_component;

namespace peko::engine {

class Runtime;

/// Immutable and shared by all loops (hence shared_ptr); the runtime outlives it.
class Component {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  /// Maps a compiled artifact and links it. **Its machine code is trusted: the caller has verified the file.**
  /// Conflict: compiled for another engine, compile it again. Unsupported: what it imports or exports does not
  /// have the types of WASI 0.2. Invalid: not an artifact.
  static Result<std::shared_ptr<const Component>> load(Runtime& runtime, const std::filesystem::path& artifact,
                                                       const Environment& environment);

  [[nodiscard]] const peko_component* handle() const { return handle_.get(); }

 private:
  struct Delete {
    void operator()(peko_component* component) const;
  };
  explicit Component(peko_component* handle) : handle_(handle) {}
  std::unique_ptr<peko_component, Delete> handle_;
};

}  // namespace peko::engine

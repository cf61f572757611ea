/// FunctionLoader: from a function's file to a version that can serve.
#pragma once

#include <filesystem>
#include <memory>

#include "base/log.hpp"
#include "base/result.hpp"
#include "code/artifact_cache.hpp"
#include "code/function.hpp"
#include "engine/runtime.hpp"
#include "pool/version.hpp"

namespace peko::node {

/// Blocks: disk, hashing, compiling. One thread at a time.
class FunctionLoader {
 public:
  /// Opens the cache of compiled artifacts. `runtime` and `log` outlive the loader.
  static Result<FunctionLoader> open(engine::Runtime& runtime, const std::filesystem::path& cache_dir, LogSink& log);

  enum class From : std::uint8_t { Cache, Compiler };
  struct Loaded {
    std::shared_ptr<const engine::Component> component;
    From from;
    Digest hash;  ///< of the component
  };
  /// Reads the component, takes its artifact from the cache or compiles it, and links it. Every message says what to
  /// do.
  Result<Loaded> load(const code::Function& function);

 private:
  FunctionLoader(engine::Runtime& runtime, std::filesystem::path scratch, code::ArtifactCache cache, LogSink& log);
  Result<std::shared_ptr<const engine::Component>> load_cached(const code::Function& function, const Digest& hash);

  engine::Runtime& runtime_;
  std::filesystem::path scratch_;
  code::ArtifactCache cache_;
  LogSink& log_;
};

/// What requests see of `function`, with its component or the reason why there is none.
std::shared_ptr<const pool::Version> make_version(const code::Function& function,
                                                  std::shared_ptr<const engine::Component> component, std::string fault,
                                                  const Digest& hash = {});

}  // namespace peko::node

/// FunctionLoader: from a function's file to a version that can serve.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/log.hpp"
#include "base/result.hpp"
#include "code/artifact_cache.hpp"
#include "code/function.hpp"
#include "engine/runtime.hpp"
#include "node/compile_limits.hpp"
#include "pool/version.hpp"

namespace peko::node {

/// Shared by the threads that load. Blocks: disk, hashing, compiling. A component that several functions have is
/// compiled once: who comes second waits.
class FunctionLoader {
 public:
  /// With a cache of compiled artifacts, or without one when the folder or its key cannot be used: then the log says
  /// why, and everything is compiled and kept in memory. `runtime` and `log` outlive the loader.
  FunctionLoader(engine::Runtime& runtime, const std::filesystem::path& cache_dir, const CompileLimits& limits,
                 LogSink& log);

  enum class From : std::uint8_t { Cache, Compiler };
  struct Loaded {
    std::shared_ptr<const engine::Component> component;
    From from;
    Digest hash;  ///< of the component
  };
  /// Reads the component, takes its artifact from the cache or compiles it, and links it. An artifact that cannot be
  /// kept (a full disk) serves from memory, with a warning. Every message says what to do.
  Result<Loaded> load(const code::Function& function);

 private:
  class Turn;
  Result<std::shared_ptr<const engine::Component>> load_cached(const code::Function& function, const Digest& hash);
  Result<std::shared_ptr<const engine::Component>> compile(const code::Function& function, std::string_view wasm,
                                                           const Digest& hash);
  std::optional<code::VerifiedArtifact> keep(const code::Function& function, const Digest& hash,
                                             const std::string& artifact_path);

  engine::Runtime& runtime_;
  CompileLimits limits_;
  LogSink& log_;
  std::optional<code::ArtifactCache> cache_;
  std::atomic<bool> warned_ = false;  // of what the sandbox lacks, which is the same for all

  std::mutex mutex_;  // guards `loading_`; held for no longer than that
  std::condition_variable changed_;
  std::set<Digest> loading_;
};

/// What requests see of `function`, with its component or the reason why there is none.
std::shared_ptr<const pool::Version> make_version(const code::Function& function,
                                                  std::shared_ptr<const engine::Component> component, std::string fault,
                                                  const Digest& hash = {});

}  // namespace peko::node

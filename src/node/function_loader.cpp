#include "node/function_loader.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/file.hpp"
#include "code/component_check.hpp"
#include "code/component_file.hpp"
#include "code/paths.hpp"
#include "node/compile_process.hpp"

namespace peko::node {

// One thread's turn at a component: waits until nobody else loads the same.
class FunctionLoader::Turn {
 public:
  Turn(FunctionLoader& loader, const Digest& hash) : loader_(loader), hash_(hash) {
    std::unique_lock lock(loader_.mutex_);
    loader_.changed_.wait(lock, [this] { return loader_.loading_.insert(hash_).second; });
  }
  ~Turn() {
    const std::scoped_lock lock(loader_.mutex_);
    loader_.loading_.erase(hash_);
    loader_.changed_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  FunctionLoader& loader_;
  Digest hash_;
};

FunctionLoader::FunctionLoader(engine::Runtime& runtime, const std::filesystem::path& cache_dir,
                               const CompileLimits& limits, LogSink& log)
    : runtime_(runtime), limits_(limits), log_(log) {
  Result<code::ArtifactCache> cache = code::ArtifactCache::open(cache_dir);
  if (cache) {
    cache_.emplace(std::move(*cache));
  } else {
    log_.write(LogLevel::Warn, "the cache of compiled functions is not used, each start compiles all of them: " +
                                   cache.error().message);
  }
}

// The component from the cache; null when it must be compiled.
Result<std::shared_ptr<const engine::Component>> FunctionLoader::load_cached(const code::Function& function,
                                                                             const Digest& hash) {
  if (!cache_) return nullptr;
  Result<std::optional<code::VerifiedArtifact>> artifact = cache_->lookup(runtime_.id(), hash);
  if (!artifact) {
    log_.write(LogLevel::Warn, "function " + function.name + ": " + artifact.error().message + "; compiling it again");
    return nullptr;
  }
  if (!*artifact) return nullptr;
  Result<std::shared_ptr<const engine::Component>> component =
      engine::Component::load(runtime_, (*artifact)->path(), function.environment);
  if (!component && component.error().code != Code::Unsupported) {
    log_.write(LogLevel::Warn, "function " + function.name + ": its cached artifact does not load (" +
                                   component.error().message + "); compiling it again");
    return nullptr;
  }
  return component;
}

// Puts an artifact into the cache and opens it there; nothing when that fails, which is told.
std::optional<code::VerifiedArtifact> FunctionLoader::keep(const code::Function& function, const Digest& hash,
                                                           const std::string& artifact_path) {
  if (!cache_) return std::nullopt;
  const auto store = [&]() -> Result<std::optional<code::VerifiedArtifact>> {
    const Result<std::string> bytes = read_file(artifact_path, kArtifactBytesMax);
    if (!bytes) return fail(bytes.error());
    if (Status stored = cache_->store(runtime_.id(), hash, *bytes); !stored) return fail(std::move(stored.error()));
    return cache_->lookup(runtime_.id(), hash);
  };
  Result<std::optional<code::VerifiedArtifact>> kept = store();
  if (kept) return std::move(*kept);
  log_.write(LogLevel::Warn,
             fmt::format("function {}: what was compiled cannot be kept, so that the next start compiles it again: {}",
                         function.name, kept.error().message));
  return std::nullopt;
}

Result<std::shared_ptr<const engine::Component>> FunctionLoader::compile(const code::Function& function,
                                                                         std::string_view wasm, const Digest& hash) {
  const Result<Compiled> compiled = compile_in_child(wasm, limits_);
  if (!compiled) return fail(compiled.error());
  if (!compiled->warning.empty() && !warned_.exchange(true)) log_.write(LogLevel::Warn, compiled->warning);
  const std::string in_memory = "/proc/self/fd/" + std::to_string(compiled->artifact.get());
  const std::optional<code::VerifiedArtifact> kept = keep(function, hash, in_memory);
  return engine::Component::load(runtime_, kept ? kept->path() : in_memory, function.environment);
}

Result<FunctionLoader::Loaded> FunctionLoader::load(const code::Function& function) {
  const Result<std::string> wasm = code::read_component(function);
  if (!wasm) return fail(wasm.error());
  const Digest hash = sha256(*wasm);
  const std::string file = code::shown(function.component);
  if (Status fits = code::check_surface(*wasm, file); !fits) return fail(std::move(fits.error()));
  const Turn turn(*this, hash);

  Result<std::shared_ptr<const engine::Component>> component = load_cached(function, hash);
  if (!component) return fail(std::move(component.error()), file);
  if (*component) return Loaded{std::move(*component), From::Cache, hash};
  component = compile(function, *wasm, hash);
  if (!component) return fail(std::move(component.error()), file);
  return Loaded{std::move(*component), From::Compiler, hash};
}

std::shared_ptr<const pool::Version> make_version(const code::Function& function,
                                                  std::shared_ptr<const engine::Component> component, std::string fault,
                                                  const Digest& hash) {
  return std::make_shared<pool::Version>(pool::Version{
      .function = function.name,
      .component = std::move(component),
      .fault = std::move(fault),
      .limits = function.limits,
      .outbound = std::make_shared<engine::OutboundGrant>(function.name, function.outbound_allow,
                                                          function.limits.subrequests_at_once),
      .reuse = function.reuse,
      .idle = function.idle,
      .component_file = function.component,
      .component_hash = hash,
  });
}

}  // namespace peko::node

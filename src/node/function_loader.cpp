#include "node/function_loader.hpp"

#include <utility>

#include "code/component_check.hpp"
#include "code/component_file.hpp"
#include "code/paths.hpp"
#include "node/compile_process.hpp"

namespace peko::node {

FunctionLoader::FunctionLoader(engine::Runtime& runtime, std::filesystem::path scratch, code::ArtifactCache cache,
                               LogSink& log)
    : runtime_(runtime), scratch_(std::move(scratch)), cache_(std::move(cache)), log_(log) {}

Result<FunctionLoader> FunctionLoader::open(engine::Runtime& runtime, const std::filesystem::path& cache_dir,
                                            LogSink& log) {
  Result<code::ArtifactCache> cache = code::ArtifactCache::open(cache_dir);
  if (!cache) return fail(std::move(cache.error()), "opening the cache of compiled functions");
  return FunctionLoader(runtime, cache_dir, std::move(*cache), log);
}

// The component from the cache; null when it must be compiled.
Result<std::shared_ptr<const engine::Component>> FunctionLoader::load_cached(const code::Function& function,
                                                                             const Digest& hash) {
  Result<std::optional<code::VerifiedArtifact>> artifact = cache_.lookup(runtime_.id(), hash);
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

Result<FunctionLoader::Loaded> FunctionLoader::load(const code::Function& function) {
  const Result<std::string> wasm = code::read_component(function);
  if (!wasm) return fail(wasm.error());
  const Digest hash = sha256(*wasm);
  const std::string file = code::shown(function.component);
  if (Status fits = code::check_surface(*wasm, file); !fits) return fail(std::move(fits.error()));

  Result<std::shared_ptr<const engine::Component>> component = load_cached(function, hash);
  if (!component) return fail(std::move(component.error()), file);
  if (*component) return Loaded{std::move(*component), From::Cache, hash};

  Result<std::string> artifact = compile_in_child(*wasm, scratch_);
  if (!artifact) return fail(std::move(artifact.error()), file);
  if (Status stored = cache_.store(runtime_.id(), hash, *artifact); !stored) return fail(std::move(stored.error()));
  const Result<std::optional<code::VerifiedArtifact>> verified = cache_.lookup(runtime_.id(), hash);
  if (!verified) return fail(verified.error());
  if (!*verified)
    return fail(Code::Conflict, file + ": its artifact vanished from the cache while it was loaded; try again");
  component = engine::Component::load(runtime_, (*verified)->path(), function.environment);
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
      .reuse = function.reuse,
      .idle = function.idle,
      .component_file = function.component,
      .component_hash = hash,
  });
}

}  // namespace peko::node

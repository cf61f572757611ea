#include "node/component_loader.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "code/component_check.hpp"
#include "code/component_file.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"
#include "engine/script_engine.hpp"

namespace peko::node {
namespace {

// Of a larger component nothing is remembered: the child that compiles would hold that too, several times, and what it
// may hold is bounded.
constexpr std::size_t kRememberedBytesMax = 32U << 20;
// A second of CPU time, which is hidden behind a build. Who has a larger component would wait for it.
constexpr std::size_t kRehearsedBytesMax = 4U << 20;
constexpr std::ptrdiff_t kReadyMax = 4;

}  // namespace

// One thread's turn at a component: waits until nobody else compiles the same.
class ComponentLoader::Turn {
 public:
  Turn(ComponentLoader& loader, const Digest& hash) : loader_(loader), hash_(hash) {
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
  ComponentLoader& loader_;
  Digest hash_;
};

std::string_view how(From from) {
  switch (from) {
    case From::Cache: return "from the cache";
    case From::Store: return "from the store";
    case From::Compiler: break;
  }
  return "compiled";
}

// The component from the cache; null when it must be made otherwise.
Result<ComponentLoader::Linked> ComponentLoader::cached(const Wanted& wanted) { return cached(wanted, Tell::Yes); }

Result<ComponentLoader::Linked> ComponentLoader::cached(const Wanted& wanted, Tell tell) {
  const auto warn = [&](std::string_view what) {
    if (tell == Tell::Yes) {
      log_.write(LogLevel::Warn, fmt::format("function {}: {}; compiling it again", wanted.function, what));
    }
  };
  if (cache_ == nullptr) return nullptr;
  Result<std::optional<code::VerifiedArtifact>> artifact = cache_->artifact(runtime_.id(), wanted.hash);
  if (!artifact) {
    warn(artifact.error().message);
    return nullptr;
  }
  if (!*artifact) return nullptr;
  Result<Linked> component = engine::Component::load(runtime_, (*artifact)->path(), wanted.environment);
  if (!component && component.error().code != Code::Unsupported) {
    warn(fmt::format("its cached artifact does not load ({})", component.error().message));
    return nullptr;
  }
  return component;
}

// Puts an artifact into the cache and opens it there; nothing when that fails, which is told.
std::optional<code::VerifiedArtifact> ComponentLoader::keep(const Wanted& wanted, std::string_view artifact) {
  if (cache_ == nullptr) return std::nullopt;
  Status kept = cache_->keep_artifact(runtime_.id(), wanted.hash, artifact);
  if (kept) {
    Result<std::optional<code::VerifiedArtifact>> there = cache_->artifact(runtime_.id(), wanted.hash);
    if (there) return std::move(*there);
    kept = fail(std::move(there.error()));
  }
  log_.write(LogLevel::Warn,
             fmt::format("function {}: what was compiled cannot be kept, so that the next start compiles it again: {}",
                         wanted.function, kept.error().message));
  return std::nullopt;
}

Result<ComponentLoader::Linked> ComponentLoader::link(const Wanted& wanted, std::string_view artifact) {
  if (const auto kept = keep(wanted, artifact)) {
    return engine::Component::load(runtime_, kept->path(), wanted.environment);
  }
  const UniqueFd memory(::memfd_create("peko-artifact", MFD_CLOEXEC));
  if (!memory) return fail(file_error("making", "a file in memory", errno));
  if (const int error = write_all(memory.get(), artifact); error != 0) {
    return fail(file_error("writing", "a file in memory", error));
  }
  return engine::Component::load(runtime_, "/proc/self/fd/" + std::to_string(memory.get()), wanted.environment);
}

Result<ComponentLoader::Loaded> ComponentLoader::compile(const Wanted& wanted, std::string_view wasm,
                                                         std::string_view file) {
  return compile_by([this](std::string_view bytes) { return compile_in_child(bytes, limits_); }, wanted, wasm, file);
}

Result<Compiled> ComponentLoader::recompile(const std::string& function, std::string_view wasm) {
  Remembered mine = take_remembered(function);
  const auto compile_once = [&]() -> Result<Compiled> {
    std::optional<ReadyCompiler> compiler = std::exchange(mine.ready, std::nullopt);
    if (!compiler) {
      Result<ReadyCompiler> fresh = ReadyCompiler::start({}, mine.known, limits_);
      if (!fresh) return fail(std::move(fresh.error()));
      compiler = std::move(*fresh);
    }
    return compiler->compile(wasm, mine.known);
  };
  const bool waited = mine.ready.has_value();
  Result<Compiled> compiled = compile_once();
  // It may have ended long before, or its practice has used up what it may take.
  if (!compiled && waited) compiled = compile_once();
  if (!compiled) mine.known.close();  // what it was made by may be why
  const std::scoped_lock lock(mutex_);
  remembered_.insert_or_assign(function, std::move(mine));
  return compiled;
}

ComponentLoader::Remembered ComponentLoader::take_remembered(const std::string& function) {
  const std::scoped_lock lock(mutex_);
  auto taken = remembered_.extract(function);
  return taken ? std::move(taken.mapped()) : Remembered{};
}

void ComponentLoader::prepare(const code::Function& function) {
  if (remember_ == Remember::No || function.component.empty()) return;
  std::optional<ReadyCompiler> other;  // ends after the mutex is free
  {
    const std::scoped_lock lock(mutex_);
    const auto is_ready = [](const auto& each) { return each.second.ready.has_value(); };
    if (const auto mine = remembered_.find(function.name); mine != remembered_.end() && is_ready(*mine)) return;
    if (std::ranges::count_if(remembered_, is_ready) >= kReadyMax) {
      other = std::exchange(std::ranges::find_if(remembered_, is_ready)->second.ready, std::nullopt);
    }
  }
  const Result<std::string> wasm = code::read_component(function);
  if (!wasm || wasm->size() > kRememberedBytesMax) return;
  Remembered mine = take_remembered(function.name);
  const std::string_view rehearsal = wasm->size() > kRehearsedBytesMax ? std::string_view() : *wasm;
  if (Result<ReadyCompiler> ready = ReadyCompiler::start(rehearsal, mine.known, limits_)) {
    mine.ready = std::move(*ready);
  }
  const std::scoped_lock lock(mutex_);
  remembered_.insert_or_assign(function.name, std::move(mine));
}

void ComponentLoader::dismiss(const std::string& function) {
  std::optional<ReadyCompiler> ready;  // ends after the mutex is free
  const std::scoped_lock lock(mutex_);
  if (const auto mine = remembered_.find(function); mine != remembered_.end()) {
    ready = std::exchange(mine->second.ready, std::nullopt);
  }
}

void ComponentLoader::forget(const std::string& function) { (void)take_remembered(function); }

Result<ComponentLoader::Loaded> ComponentLoader::compile_by(const Compile& compiler, const Wanted& wanted,
                                                            std::string_view wasm, std::string_view file) {
  const Turn turn(*this, wanted.hash);
  Result<Linked> component = cached(wanted, Tell::No);  // somebody else may have compiled the same meanwhile
  if (!component) return fail(std::move(component.error()), file);
  if (*component) return Loaded{std::move(*component), From::Cache};
  const Result<Compiled> compiled = compiler(wasm);
  if (!compiled) return fail(compiled.error(), file);
  if (!compiled->warning.empty() && !warned_.exchange(true)) log_.write(LogLevel::Warn, compiled->warning);
  const std::string in_memory = "/proc/self/fd/" + std::to_string(compiled->artifact.get());
  std::optional<code::VerifiedArtifact> kept;
  if (cache_ != nullptr) {
    const Result<std::string> bytes = read_file(in_memory, kArtifactBytesMax);
    if (!bytes) return fail(bytes.error(), file);
    kept = keep(wanted, *bytes);
  }
  component = engine::Component::load(runtime_, kept ? kept->path() : in_memory, wanted.environment);
  if (!component) return fail(std::move(component.error()), file);
  return Loaded{std::move(*component), From::Compiler};
}

ComponentLoader::Wanted ComponentLoader::wanted_script_engine() {
  static const engine::Component::Environment kNone;
  return {.function = "(all scripts)", .hash = engine::script_engine_hash(), .environment = kNone};
}

Result<ComponentLoader::Linked> ComponentLoader::script_engine() {
  const std::scoped_lock lock(engine_mutex_);
  if (engine_) return engine_;
  Result<Linked> kept = cached(wanted_script_engine());
  if (kept) engine_ = *kept;
  return kept;
}

Result<ComponentLoader::Loaded> ComponentLoader::fetch_script_engine(const Fetch& fetch) {
  const std::scoped_lock turn(fetching_);
  Result<Linked> here = script_engine();
  if (!here) return fail(std::move(here.error()));
  if (*here) return Loaded{std::move(*here), From::Cache};
  Result<Linked> fetched = fetch(wanted_script_engine());
  if (!fetched) return fail(std::move(fetched.error()));
  return Loaded{note_script_engine(std::move(*fetched)), From::Store};
}

Result<ComponentLoader::Loaded> ComponentLoader::compile_script_engine() {
  const std::scoped_lock turn(compiling_);
  Result<Linked> here = script_engine();
  if (!here) return fail(std::move(here.error()));
  if (*here) return Loaded{std::move(*here), From::Cache};
  Result<Loaded> compiled = compile(wanted_script_engine(), engine::script_engine(), "the JavaScript engine");
  if (compiled) compiled->component = note_script_engine(std::move(compiled->component));
  return compiled;
}

// The one that all scripts share: `fresh`, unless another way was faster.
ComponentLoader::Linked ComponentLoader::note_script_engine(Linked fresh) {
  const std::scoped_lock lock(engine_mutex_);
  if (!engine_) engine_ = std::move(fresh);
  return engine_;
}

Result<ComponentLoader::Linked> ComponentLoader::script(const engine::Component& script_engine, const Wanted& wanted,
                                                        std::string_view bundle) {
  return engine::Component::load_script(script_engine, std::string(wanted.function) + ".js", bundle,
                                        wanted.environment);
}

Result<ComponentLoader::FromFile> ComponentLoader::load_script(const code::Function& function) {
  const Result<std::string> text = code::read_bundle(function);
  if (!text) return fail(text.error());
  const Digest hash = sha256(*text);
  const std::string file = code::shown(code::bundle_file(function));
  Result<Loaded> engine = compile_script_engine();
  if (!engine) return fail(std::move(engine.error()), file);
  const Wanted wanted{.function = function.name, .hash = hash, .environment = function.environment};
  Result<Linked> linked = script(*engine->component, wanted, *text);
  if (!linked) return fail(std::move(linked.error()), file);
  return FromFile{{std::move(*linked), engine->from}, hash};
}

Result<ComponentLoader::FromFile> ComponentLoader::load_file(const code::Function& function) {
  if (!function.has_code()) return FromFile{};  // it has assets alone
  if (!function.script.empty()) return load_script(function);
  const Result<std::string> wasm = code::read_component(function);
  if (!wasm) return fail(wasm.error());
  const Digest hash = sha256(*wasm);
  const std::string file = code::shown(function.component);
  if (Status fits = code::check_surface(*wasm, file); !fits) return fail(std::move(fits.error()));
  const Wanted wanted{.function = function.name, .hash = hash, .environment = function.environment};
  Result<Linked> kept = cached(wanted);
  if (!kept || *kept) dismiss(function.name);  // nothing is compiled
  if (!kept) return fail(std::move(kept.error()), file);
  if (*kept) return FromFile{{std::move(*kept), From::Cache}, hash};
  Result<Loaded> loaded =
      remember_ == Remember::No || wasm->size() > kRememberedBytesMax
          ? compile(wanted, *wasm, file)
          : compile_by([&](std::string_view bytes) { return recompile(function.name, bytes); }, wanted, *wasm, file);
  if (!loaded) return fail(std::move(loaded.error()));
  return FromFile{std::move(*loaded), hash};
}

pool::Version make_version(const code::Function& function, ComponentLoader::Linked component, std::string fault,
                           const Digest& hash) {
  pool::Version version;
  version.function = function.name;
  version.component = std::move(component);
  version.fault = std::move(fault);
  version.limits = function.limits;
  if (version.component) version.component->name_stores(function.stores);
  version.key_value = std::make_shared<const keyvalue::Owner>(function.name, function.limits.keyvalue_bytes);
  version.outbound = std::make_shared<engine::OutboundGrant>(function.name, function.outbound_allow,
                                                             function.limits.subrequests_at_once);
  version.reuse = function.reuse;
  version.idle = function.idle;
  version.kind = function.script.empty() ? code::CodeKind::Component : code::CodeKind::Script;
  version.component_file = function.script.empty() ? function.component : code::bundle_file(function);
  version.component_hash = hash;
  if (!function.assets.empty()) {
    version.assets = std::make_shared<const code::Assets>(function.assets, function.asset_bytes_max);
  }
  version.project = (function.manifest.empty() ? function.script : function.manifest).parent_path();
  return version;
}

}  // namespace peko::node

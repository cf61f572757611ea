/// ComponentLoader: from a component to one that is linked and can be instantiated.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/function.hpp"
#include "code/local_cache.hpp"
#include "engine/runtime.hpp"
#include "node/compile_limits.hpp"
#include "node/compile_process.hpp"
#include "pool/version.hpp"

namespace peko::node {

/// Where a component's machine code came from.
enum class From : std::uint8_t { Cache, Store, Compiler };
/// "from the cache", "from the store", "compiled".
std::string_view how(From from);

/// Shared by the threads that load. Blocks: disk, hashing, compiling. A component that several functions have is
/// compiled once: who comes second waits.
class ComponentLoader {
 public:
  using Linked = std::shared_ptr<const engine::Component>;

  /// Whether functions in files change all the time, as in `peko dev`: what was compiled of one is remembered, some 4
  /// times its component's size of memory, and makes the next compilation a quarter as long. Not of very large ones.
  enum class Remember : std::uint8_t { No, Yes };
  /// `cache`: null when there is none; then everything is compiled and kept in memory. All outlive it.
  ComponentLoader(engine::Runtime& runtime, const code::LocalCache* cache, const CompileLimits& limits, LogSink& log,
                  Remember remember)
      : runtime_(runtime), cache_(cache), limits_(limits), log_(log), remember_(remember) {}

  /// What is to be linked, and for whom.
  struct Wanted {
    std::string_view function;  ///< for messages
    const Digest& hash;         ///< of the component
    const engine::Component::Environment& environment;
  };
  struct Loaded {
    Linked component;
    From from;
  };

  /// From the artifact in the local cache. Null: there is none that can be used. Unsupported: no artifact helps.
  Result<Linked> cached(const Wanted& wanted);
  /// From an artifact whose signature was right: keeps it in the local cache. Errors as engine::Component::load.
  Result<Linked> link(const Wanted& wanted, std::string_view artifact);
  /// From the component's bytes, when cached() had nothing: compiles it and keeps the artifact, or takes the one that
  /// somebody else has made meanwhile. An artifact that cannot be kept (a full disk) serves from memory, with a
  /// warning. Every message says what to do. `file` is what messages call the component.
  Result<Loaded> compile(const Wanted& wanted, std::string_view wasm, std::string_view file);
  /// The engine that all scripts share, as far as it is here: from memory, or from the local cache. Null: it is not.
  Result<Linked> script_engine();
  /// By `fetch`, which says null when there is none and which nobody else calls meanwhile.
  using Fetch = std::function<Result<Linked>(const Wanted&)>;
  Result<Loaded> fetch_script_engine(const Fetch& fetch);
  /// Compiles it, unless somebody has meanwhile. Errors as compile().
  Result<Loaded> compile_script_engine();
  /// A script on it. Invalid.
  Result<Linked> script(const engine::Component& script_engine, const Wanted& wanted, std::string_view bundle);
  /// The component of a function that lies in a file, and its hash; of a script, that of its bundle.
  struct FromFile {
    Loaded loaded;
    Digest hash;
  };
  Result<FromFile> load_file(const code::Function& function);
  /// Another component of the function is being made: has a compiler ready for load_file(), which has practised on the
  /// one that is there. It takes some 100 MB until then; a few wait at once, the next one takes the place of another.
  /// Nothing comes of it where nothing is remembered. One function's calls of this, load_file() and forget() come one
  /// at a time.
  void prepare(const code::Function& function);
  /// The function is gone: what was remembered of it goes too.
  void forget(const std::string& function);

 private:
  class Turn;
  Result<FromFile> load_script(const code::Function& function);
  /// Runs the compiler.
  using Compile = std::function<Result<Compiled>(std::string_view wasm)>;
  Result<Loaded> compile_by(const Compile& compiler, const Wanted& wanted, std::string_view wasm,
                            std::string_view file);
  Result<Compiled> recompile(const std::string& function, std::string_view wasm);
  static Wanted wanted_script_engine();
  Linked note_script_engine(Linked fresh);
  enum class Tell : std::uint8_t { No, Yes };  // the log of what was refused
  Result<Linked> cached(const Wanted& wanted, Tell tell);
  std::optional<code::VerifiedArtifact> keep(const Wanted& wanted, std::string_view artifact);

  engine::Runtime& runtime_;
  const code::LocalCache* cache_;
  CompileLimits limits_;
  LogSink& log_;
  Remember remember_;
  std::atomic<bool> warned_ = false;  // of what the sandbox lacks, which is the same for all

  /// Of one function.
  struct Remembered {
    UniqueFd known;  // of ReadyCompiler
    std::optional<ReadyCompiler> ready;
  };
  Remembered take_remembered(const std::string& function);
  void dismiss(const std::string& function);  // the compiler that is ready, if there is one

  std::mutex mutex_;  // guards `loading_` and `remembered_`; held for no longer than that
  std::condition_variable changed_;
  std::set<Digest> loading_;
  std::map<std::string, Remembered> remembered_;  // by function; not while one compiles

  std::mutex fetching_;      // held while the engine of scripts is fetched
  std::mutex compiling_;     // and while it is compiled
  std::mutex engine_mutex_;  // guards `engine_`; held while the local cache is looked at
  Linked engine_;
};

/// What requests see of a function's version: its settings, its component or the reason why there is none.
pool::Version make_version(const code::Function& function, ComponentLoader::Linked component, std::string fault,
                           const Digest& hash = {});

}  // namespace peko::node

/// FunctionLoader: brings functions from a store, as the registry asks for them.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "code/catalog.hpp"
#include "code/deployment.hpp"
#include "edge/deployed.hpp"
#include "node/component_loader.hpp"

namespace peko::node {

/// How far a load may go, one after the other. What costs more than that is a reason to come back: so loads from the
/// cache never wait behind a store that hangs, and loads from the store never behind the compiler.
enum class Reach : std::uint8_t { Cache, Store, Compiler };

/// A function as it was loaded. Immutable.
struct LoadedFunction {
  code::CatalogEntry source;                                 ///< what it was made of
  std::uint64_t revision = 0;                                ///< 0: a dropped component
  std::shared_ptr<const edge::Deployed> deployed;            ///< null: nothing of it is to serve
  std::vector<std::pair<std::string, std::string>> secrets;  ///< sealed
  std::vector<std::string> routes;                           ///< of the versions that serve
  From from = From::Cache;                                   ///< the slowest of its versions' ways
};

/// Why a function was not loaded.
struct Obstacle {
  enum class Kind : std::uint8_t {
    NeedsStore,     ///< Reach::Store is needed
    NeedsCompiler,  ///< Reach::Compiler is needed
    Failed,         ///< `error` says why
  };
  Kind kind = Kind::Failed;
  Error error{};
};

/// Shared by the threads that load; blocks as long as `Reach` allows.
class FunctionLoader {
 public:
  using Loaded = std::shared_ptr<const LoadedFunction>;
  using Version = std::shared_ptr<const pool::Version>;

  virtual ~FunctionLoader() = default;

  /// The function as the store has it: as remembered when that is what was `listed`, or when the store is down and
  /// `serving` is null. Versions that `serving` has are used again.
  virtual std::expected<Loaded, Obstacle> load(const code::CatalogEntry& listed, const Loaded& serving,
                                               Reach reach) = 0;
  /// One version of it, with the secrets of today, whether it serves or not. NotFound: there is none.
  virtual std::expected<Version, Obstacle> load_version(const code::CatalogEntry& listed, const Loaded& serving,
                                                        code::VersionNumber number, Reach reach) = 0;
  /// What is left to do once it serves, for the next time and for other nodes. Its failures are nobody's.
  virtual void afterwards(const LoadedFunction& loaded) = 0;
};

/// Whether the store, not what lies in it, is the reason: then what is remembered is better than nothing.
bool is_outage(Code code);

}  // namespace peko::node

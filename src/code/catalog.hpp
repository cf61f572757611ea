/// What listings of a store tell of all its functions, without reading any of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "code/store.hpp"

namespace peko::code {

/// What one listing of `functions/` says of one function.
struct CatalogEntry {
  std::string name;
  enum class Kind : std::uint8_t { Deployed, Dropped } kind = Kind::Dropped;
  std::string etag;           ///< of the pointer, or of the component and its settings together: changes when it does
  bool has_settings = false;  ///< Dropped: there is a <name>.toml

  bool operator==(const CatalogEntry&) const = default;
};

struct Catalog {
  std::vector<CatalogEntry> functions;  ///< by name, each once
  /// What lies in `functions/` and means nothing, so that somebody may wonder why it does not serve: a key and what to
  /// do, the same text as long as it lies there. At most 100.
  std::vector<std::string> problems;
};

/// The store's errors; Unavailable also when the listing has no end.
Result<Catalog> read_catalog(Store& store);

/// `function` wants the requests of `route`. It is so only when one of its current versions has that route: a claim is
/// made before the pointer moves, and taken back after it has moved.
struct RouteClaim {
  std::string route;
  std::string function;

  bool operator==(const RouteClaim&) const = default;
};

/// By route, then by function. What is no claim is left out. Errors as read_catalog.
Result<std::vector<RouteClaim>> read_routes(Store& store);

}  // namespace peko::code

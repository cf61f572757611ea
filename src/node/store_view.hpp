/// StoreView: which functions a store has and which hosts and paths lead to them: enough to route, nothing of the code.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "code/catalog.hpp"
#include "code/limit_table.hpp"
#include "code/store.hpp"

namespace peko::node {

struct StoreView {
  std::vector<code::CatalogEntry> functions;  ///< by name, each once
  std::vector<code::RouteClaim> routes;       ///< by route, then function; of functions above
  std::vector<std::string> problems;          ///< whole sentences about what is left out; not remembered
};

/// Null when the store has no function of the name.
const code::CatalogEntry* find(const StoreView& view, std::string_view function);

/// A view as text, and back: what a node remembers for a start without its store. Invalid: it is damaged.
std::string write_view(const StoreView& view);
Result<StoreView> read_view(std::string_view text);

/// Looks at one store again and again. One thread at a time. Besides two listings it reads the settings of dropped
/// components, where their routes stand; each once per change.
class StoreLook {
 public:
  /// Both outlive it.
  StoreLook(code::Store& store, const code::LimitsMax& maxima) : store_(store), maxima_(maxima) {}

  /// Settings that have not changed since `view` was made need not be read again.
  void begin_with(const StoreView& view);
  /// All of it, or the store's error: never a part. Settings that are wrong, or cannot be read now, leave the routes
  /// that they had before.
  Result<StoreView> look();

 private:
  struct Settings {
    std::string etag;  // empty: not read yet
    std::vector<std::string> routes;
    std::string problem;
  };
  void read_settings(const code::CatalogEntry& entry, Settings& settings);
  void add_dropped_routes(StoreView& view);

  code::Store& store_;
  const code::LimitsMax& maxima_;
  std::map<std::string, Settings, std::less<>> settings_;  // of dropped components, by function
};

}  // namespace peko::node

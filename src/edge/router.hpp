/// Router: which version answers a request, by its host and path.
///
/// First match: a route of a manifest (longest prefix), <name>.<domain>, the default function (design section 3).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peko::edge {

/// Immutable once filled; shared by all loops. Functions are numbers: indices into whatever the owner keeps.
class Router {
 public:
  using Target = std::size_t;

  /// `domain` without a dot at either end, any case.
  explicit Router(std::string_view domain);

  /// <name>.<domain> goes to `target`.
  void add_name(std::string_view name, Target target);
  /// "host/path" or "host/path/*" goes to `target`; "host" and "host/*" are all of the host. The first to claim a route
  /// keeps it. Returns whether it was free.
  bool add_route(std::string_view route, Target target);
  /// Everything else goes to `target`.
  void set_default(Target target) { default_ = target; }

  /// `authority`: host[:port]; `target`: path and query. No allocation.
  [[nodiscard]] std::optional<Target> find(std::string_view authority, std::string_view target) const;

 private:
  struct Route {
    std::string path;
    bool prefix;
    Target target;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using ByHost = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  std::string suffix_;  // ".domain"
  ByHost<Target> hosts_;
  ByHost<std::vector<Route>> routes_;  // longest path first, the exact one before the prefix
  std::optional<Target> default_;
};

}  // namespace peko::edge

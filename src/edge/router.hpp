/// Router: which function answers a request, by its host and path.
///
/// First match: the preview host of one version, <version>--<name>.<domain>; a route of a manifest (longest prefix);
/// <name>.<domain>; the default function (design section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peko::edge {

/// Immutable once filled; shared by all loops. Functions are numbers: indices into whatever the owner keeps. 10,000
/// names take some 2 MB and some milliseconds.
class Router {
 public:
  using Target = std::size_t;
  struct Match {
    Target function = 0;
    std::uint32_t version = 0;  ///< the one whose preview host it is; 0: whichever serves
    bool operator==(const Match&) const = default;
  };

  /// `domain` without a dot at either end, any case.
  explicit Router(std::string_view domain);

  /// <name>.<domain> goes to `target`.
  void add_name(std::string_view name, Target target);
  /// "host/path" or "host/path/*" goes to `target`; "host" and "host/*" are all of the host. The first to claim a route
  /// keeps it. Returns whether it was free.
  bool add_route(std::string_view route, Target target);
  /// Everything else goes to `target`.
  void set_default(Target target);

  /// What add_name called it, or nothing.
  [[nodiscard]] std::string_view name(Target target) const {
    return target < names_.size() ? std::string_view(names_[target]) : std::string_view();
  }
  /// What follows a name in its host: ".localhost".
  [[nodiscard]] std::string_view suffix() const { return suffix_; }
  /// One more than the highest target.
  [[nodiscard]] std::size_t targets() const { return targets_; }

  /// `authority`: host[:port]; `target`: path and query. No allocation.
  [[nodiscard]] std::optional<Match> find(std::string_view authority, std::string_view target) const;
  /// Whether the host is the domain, lies below it, or is that of a route: not one that only the default answers.
  [[nodiscard]] bool has_host(std::string_view authority) const;

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

  void count(Target target);
  std::optional<Match> find_preview(std::string_view host) const;

  std::string suffix_;  // ".domain"
  ByHost<Target> hosts_;
  ByHost<std::vector<Route>> routes_;  // longest path first, the exact one before the prefix
  std::optional<Target> default_;
  std::vector<std::string> names_;  // by target
  std::size_t targets_ = 0;
};

}  // namespace peko::edge

#include "code/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "code/deployment.hpp"
#include "code/listing.hpp"
#include "code/manifest_values.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kProblemsMax = 100;
constexpr std::string_view kFunctions = "functions/";
constexpr std::string_view kRoutes = "routes/";

/// One object of `functions/`: a part of a function.
struct Part {
  std::string name;
  enum class Is : std::uint8_t { Pointer, Component, Settings } is;
  std::string etag;
};

/// Nothing when the key means nothing.
std::optional<Part> part_of(const ObjectInfo& object) {
  constexpr struct {
    std::string_view ending;
    Part::Is is;
  } forms[] = {{"/current.json", Part::Is::Pointer}, {".wasm", Part::Is::Component}, {".toml", Part::Is::Settings}};
  const std::string_view rest = std::string_view(object.key).substr(kFunctions.size());
  for (const auto& [ending, is] : forms) {
    if (rest.ends_with(ending)) {
      const std::string_view name = rest.substr(0, rest.size() - ending.size());
      return check_name(name) ? std::optional(Part{std::string(name), is, object.etag}) : std::nullopt;
    }
  }
  return std::nullopt;
}

void add_problem(Catalog& catalog, std::string text) {
  if (catalog.problems.size() < kProblemsMax) {
    catalog.problems.push_back(std::move(text));
  }
}

/// The parts of one function, the pointer first.
void add_function(std::span<const Part> parts, Catalog& catalog) {
  const Part& first = parts.front();
  const std::string shown = fmt::format("functions/{}", first.name);
  if (first.is == Part::Is::Pointer) {
    catalog.functions.push_back({.name = first.name, .kind = CatalogEntry::Kind::Deployed, .etag = first.etag});
    if (parts.size() > 1) {
      add_problem(catalog, fmt::format("{}.wasm and {}.toml are not used, because {}/current.json says what serves: "
                                       "remove them, or that",
                                       shown, shown, shown));
    }
    return;
  }
  if (first.is == Part::Is::Settings) {
    add_problem(catalog, fmt::format("{}.toml has no component: {}.wasm does not exist", shown, shown));
    return;
  }
  CatalogEntry entry{.name = first.name, .kind = CatalogEntry::Kind::Dropped, .etag = first.etag};
  if (parts.size() > 1) {
    entry.has_settings = true;
    entry.etag += " " + parts[1].etag;
  }
  catalog.functions.push_back(std::move(entry));
}

}  // namespace

Result<Catalog> read_catalog(Store& store) {
  Catalog catalog;
  std::vector<Part> parts;
  Status walked = each_object(store, kFunctions, [&](const ObjectInfo& object) -> Status {
    if (std::optional<Part> part = part_of(object)) {
      parts.push_back(std::move(*part));
    } else {
      add_problem(catalog,
                  fmt::format("{} is not used: here lie NAME.wasm, NAME.toml and NAME/current.json, a name being 1 to "
                              "63 of a-z, 0-9 and -",
                              object.key));
    }
    return {};
  });
  if (!walked) {
    return fail(std::move(walked.error()), "listing the functions");
  }
  const auto place = [](const Part& part) { return std::pair(std::string_view(part.name), part.is); };
  std::ranges::sort(parts, {}, place);
  // A listing may show an object twice when it was written meanwhile.
  parts.erase(std::ranges::unique(parts, {}, place).begin(), parts.end());
  for (auto from = parts.begin(); from != parts.end();) {
    const auto to = std::find_if(from, parts.end(), [from](const Part& part) { return part.name != from->name; });
    add_function(std::span(from, to), catalog);
    from = to;
  }
  return catalog;
}

Result<std::vector<RouteClaim>> read_routes(Store& store) {
  std::vector<RouteClaim> claims;
  Status walked = each_object(store, kRoutes, [&claims](const ObjectInfo& object) -> Status {
    const std::vector<std::string_view> segments = split(object.key, '/');
    if (segments.size() != 3 || !check_name(segments[2])) {
      return {};
    }
    const Result<std::string> text = route_of_segment(segments[1]);
    const Result<std::string> form = text ? route(*text) : text;
    if (form && *form == *text) {
      claims.push_back({.route = *text, .function = std::string(segments[2])});
    }
    return {};
  });
  if (!walked) {
    return fail(std::move(walked.error()), "listing the routes");
  }
  const auto place = [](const RouteClaim& claim) {
    return std::pair(std::string_view(claim.route), std::string_view(claim.function));
  };
  std::ranges::sort(claims, {}, place);
  claims.erase(std::ranges::unique(claims, {}, place).begin(), claims.end());
  return claims;
}

}  // namespace peko::code

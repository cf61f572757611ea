#include "node/store_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <tuple>
#include <utility>

#include "base/config_text.hpp"
#include "base/json.hpp"
#include "code/manifest.hpp"
#include "code/manifest_values.hpp"

namespace peko::node {
namespace {

using code::CatalogEntry;
using code::RouteClaim;

constexpr std::string_view kDeployed = "deployed";
constexpr std::string_view kDropped = "dropped";
constexpr std::string_view kDroppedWithSettings = "dropped-with-settings";

std::string_view kind_of(const CatalogEntry& entry) {
  if (entry.kind == CatalogEntry::Kind::Deployed) return kDeployed;
  return entry.has_settings ? kDroppedWithSettings : kDropped;
}

/// Calls `take` for each row of the list `key`, which has rows of so many strings. False when it has not, or `take`
/// refuses one.
bool for_each_row(const boost::json::object& json, std::string_view key, std::size_t columns,
                  const std::function<bool(const std::vector<std::string>&)>& take) {
  const boost::json::value* const list = json.if_contains(key);
  if (list == nullptr || !list->is_array()) return false;
  return std::ranges::all_of(list->get_array(), [&](const boost::json::value& row) {
    if (!row.is_array() || row.get_array().size() != columns) return false;
    std::vector<std::string> words;
    for (const boost::json::value& word : row.get_array()) {
      if (!word.is_string()) return false;
      words.emplace_back(word.get_string());
    }
    return take(words);
  });
}

}  // namespace

const CatalogEntry* find(const StoreView& view, std::string_view function) {
  const auto at = std::ranges::lower_bound(view.functions, function, {}, &CatalogEntry::name);
  return at != view.functions.end() && at->name == function ? &*at : nullptr;
}

std::string write_view(const StoreView& view) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("functions").begin_array();
  for (const CatalogEntry& entry : view.functions) {
    json.begin_array().value(entry.name).value(kind_of(entry)).value(entry.etag).end_array();
  }
  json.end_array().key("routes").begin_array();
  for (const RouteClaim& claim : view.routes) {
    json.begin_array().value(claim.route).value(claim.function).end_array();
  }
  json.end_array().end_object();
  return text;
}

Result<StoreView> read_view(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(text, error);
  StoreView view;
  const auto take_function = [&](const std::vector<std::string>& row) {
    view.functions.push_back({.name = row[0],
                              .kind = row[1] == kDeployed ? CatalogEntry::Kind::Deployed : CatalogEntry::Kind::Dropped,
                              .etag = row[2],
                              .has_settings = row[1] == kDroppedWithSettings});
    return code::check_name(row[0]).has_value();
  };
  const auto take_route = [&](const std::vector<std::string>& row) {
    view.routes.push_back({.route = row[0], .function = row[1]});
    return code::route(row[0]).has_value() && find(view, row[1]) != nullptr;
  };
  if (error || !json.is_object() || !for_each_row(json.get_object(), "functions", 3, take_function) ||
      !std::ranges::is_sorted(view.functions, std::less_equal<>(), &CatalogEntry::name) ||
      !for_each_row(json.get_object(), "routes", 2, take_route)) {
    return fail(Code::Invalid, "what was remembered of the store's listing is damaged");
  }
  return view;
}

void StoreLook::begin_with(const StoreView& view) {
  for (const CatalogEntry& entry : view.functions) {
    if (entry.has_settings) settings_[entry.name].etag = entry.etag;
  }
  for (const RouteClaim& claim : view.routes) {
    if (const auto at = settings_.find(claim.function); at != settings_.end()) at->second.routes.push_back(claim.route);
  }
}

Result<StoreView> StoreLook::look() {
  Result<code::Catalog> catalog = code::read_catalog(store_);
  if (!catalog) return fail(std::move(catalog.error()));
  Result<std::vector<RouteClaim>> routes = code::read_routes(store_);
  if (!routes) return fail(std::move(routes.error()));
  StoreView view{.functions = std::move(catalog->functions),
                 .routes = std::move(*routes),
                 .problems = std::move(catalog->problems)};
  // A claim is made before its pointer and may outlive it: only a deployed function has any.
  std::erase_if(view.routes, [&](const RouteClaim& claim) {
    const CatalogEntry* const entry = find(view, claim.function);
    return entry == nullptr || entry->kind != CatalogEntry::Kind::Deployed;
  });
  add_dropped_routes(view);
  std::ranges::sort(view.routes, {}, [](const RouteClaim& claim) { return std::tie(claim.route, claim.function); });
  for (std::size_t i = 1; i < view.routes.size(); ++i) {
    const RouteClaim& first = view.routes[i - 1];
    const RouteClaim& second = view.routes[i];
    if (first.route != second.route) continue;
    view.problems.push_back(fmt::format("the route {} of {}, which {} has too: remove it from one of them",
                                        second.route, second.function, first.function));
  }
  return view;
}

void StoreLook::read_settings(const CatalogEntry& entry, Settings& settings) {
  const std::string key = "functions/" + entry.name + ".toml";
  settings.problem.clear();
  const Result<code::Object> object = code::get_object(store_, key, ConfigText::kBytesMax);
  if (!object) {
    settings.etag.clear();  // the next look tries again
    settings.problem = fmt::format("{}: {}", key, object.error().message);
    return;
  }
  settings.etag = entry.etag;
  code::Function function = code::function_within(maxima_);
  function.name = entry.name;
  const std::string file = fmt::format("{}/{}", store_.shown(), key);
  if (Status read = code::read_store_settings(object->bytes, file, maxima_, function); !read) {
    settings.problem = std::move(read.error().message);
    return;
  }
  settings.routes = std::move(function.routes);
}

void StoreLook::add_dropped_routes(StoreView& view) {
  std::map<std::string, Settings, std::less<>> current;
  for (const CatalogEntry& entry : view.functions) {
    if (!entry.has_settings) continue;
    Settings& settings = current[entry.name];
    if (const auto before = settings_.find(entry.name); before != settings_.end()) settings = std::move(before->second);
    if (settings.etag != entry.etag) read_settings(entry, settings);
    for (const std::string& route : settings.routes) view.routes.push_back({.route = route, .function = entry.name});
    if (!settings.problem.empty()) view.problems.push_back(settings.problem);
  }
  settings_ = std::move(current);
}

}  // namespace peko::node

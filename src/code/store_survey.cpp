#include "code/store_survey.hpp"

#include "base/text.hpp"
#include "code/catalog.hpp"
#include "code/listing.hpp"
#include "code/pointer.hpp"
#include "code/version_objects.hpp"

namespace peko::code {

Status StoreSurvey::read(Store& store) {
  if (Status read = read_versions(store); !read) {
    return read;
  }
  const Result<Catalog> catalog = read_catalog(store);
  if (!catalog) {
    return fail(catalog.error());
  }
  for (const CatalogEntry& entry : catalog->functions) {
    if (entry.kind != CatalogEntry::Kind::Deployed) {
      continue;
    }
    Result<std::optional<Deployment>> pointer = read_pointer(store, entry.name);
    if (!pointer && pointer.error().code != Code::Invalid) {
      return fail(std::move(pointer.error()));
    }
    if (!pointer) {
      unreadable.insert(entry.name);
    } else if (*pointer) {
      pointers.emplace(entry.name, std::move(**pointer));
    }
  }
  return {};
}

Status StoreSurvey::read_versions(Store& store) {
  std::vector<ObjectInfo> found;
  Status done = each_object(store, "versions/", [&found](const ObjectInfo& object) -> Status {
    if (number_of_key(object.key) != 0) {
      found.push_back(object);
    }
    return {};
  });
  for (const ObjectInfo& object : found) {
    if (done) {
      done = read_version(store, object);
    }
  }
  return done;
}

Status StoreSurvey::read_version(Store& store, const ObjectInfo& object) {
  const std::string function(split(object.key, '/')[1]);
  const VersionNumber number = number_of_key(object.key);
  VersionsOfFunction& of_function = versions[function];
  if (const auto known = of_function.find(number);
      known != of_function.end() && known->second.object.etag == object.etag) {
    return {};
  }
  Result<VersionRecord> record = fetch_version(store, function, number);
  if (record) {
    of_function[number] = {.object = object,
                           .component = record->component,
                           .source_map = record->source_map,
                           .assets = record->assets ? std::optional(record->assets->index) : std::nullopt,
                           .routes = std::move(record->settings.routes)};
  } else if (record.error().code == Code::Invalid) {
    of_function[number] = {
        .object = object, .component = std::nullopt, .source_map = std::nullopt, .assets = std::nullopt, .routes = {}};
  } else if (record.error().code != Code::NotFound) {
    return fail(std::move(record.error()), "nothing more was removed");
  }
  return {};
}

}  // namespace peko::code

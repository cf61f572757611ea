#include "code/version_objects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "code/listing.hpp"

namespace peko::code {
namespace {

// So many deploys of one function at once would be something else.
constexpr std::size_t kTriesMax = 1000;

/// Invalid unless nodes will read just what is meant.
Status check_reads_back(const VersionRecord& record, std::string_view text) {
  const Result<VersionRecord> again = read_version(text, record.settings.name, record.number);
  if (!again) {
    return fail(again.error(), "no node could read that");
  }
  for (const auto& [name, value] : record.settings.environment) {
    if (std::ranges::find(again->settings.environment, std::pair(name, value)) == again->settings.environment.end()) {
      return fail(Code::Invalid, fmt::format("the environment variable \"{}\" is not UTF-8 text", name));
    }
  }
  return {};
}

}  // namespace

Result<VersionRecord> fetch_version(Store& store, std::string_view function, VersionNumber number,
                                    const LimitsMax& maxima) {
  Result<Object> object = get_object(store, version_key(function, number), kRecordBytesMax);
  if (!object) {
    if (object.error().code == Code::NotFound) {
      return fail(Code::NotFound, fmt::format("\"{}\" has no version {}: {} has no {}", function, version_name(number),
                                              store.shown(), version_key(function, number)));
    }
    return fail(std::move(object.error()));
  }
  Result<VersionRecord> record = read_version(object->bytes, function, number, maxima);
  if (!record) {
    return fail(std::move(record.error()), store.shown());
  }
  return record;
}

VersionNumber number_of_key(std::string_view key) {
  const std::vector<std::string_view> segments = split(key, '/');
  if (segments.size() != 3 || !segments[2].ends_with(".json")) {
    return 0;
  }
  const std::string_view digits = segments[2].substr(0, segments[2].size() - 5);
  const Result<VersionNumber> number = parse_version_name(digits);
  return number && key == version_key(segments[1], *number) ? *number : 0;
}

Result<std::vector<VersionNumber>> version_numbers(Store& store, std::string_view function) {
  std::vector<VersionNumber> numbers;
  Status walked = each_object(store, fmt::format("versions/{}/", function), [&numbers](const ObjectInfo& object) {
    if (const VersionNumber number = number_of_key(object.key); number != 0) {
      numbers.push_back(number);
    }
    return Status();
  });
  if (!walked) {
    return fail(std::move(walked.error()), fmt::format("listing the versions of \"{}\"", function));
  }
  std::ranges::sort(numbers);
  return numbers;
}

Result<VersionRecord> claim_version(Store& store, VersionRecord record, VersionNumber from) {
  for (std::size_t tries = 0; tries < kTriesMax; ++tries) {
    record.number = from + static_cast<VersionNumber>(tries);
    if (record.number > kVersionMax) {
      break;
    }
    const std::string text = write_version(record);
    if (Status good = check_reads_back(record, text); !good) {
      return fail(std::move(good.error()));
    }
    const Result<ObjectInfo> put =
        put_object(store, version_key(record.settings.name, record.number), text, PutIf::absent());
    if (put) {
      return record;
    }
    if (put.error().code != Code::Conflict) {
      return fail(put.error());
    }
  }
  return fail(Code::Conflict,
              fmt::format("no version number from {} on is free for \"{}\"", version_name(from), record.settings.name));
}

}  // namespace peko::code

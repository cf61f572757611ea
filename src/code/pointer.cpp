#include "code/pointer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>

#include "base/log.hpp"
#include "base/random.hpp"

namespace peko::code {
namespace {

std::string fresh_change() {
  std::array<std::byte, 8> bytes{};
  fill_secure(bytes);
  std::string text;
  for (const std::byte byte : bytes) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

/// "v12", or "v12 (90), v13 (10)".
std::string shown(const std::vector<WeightedVersion>& versions) {
  if (versions.empty()) {
    return "no version";
  }
  if (versions.size() == 1) {
    return version_name(versions.front().version);
  }
  std::string text;
  for (const WeightedVersion& one : versions) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", version_name(one.version), one.weight);
  }
  return text;
}

/// Tells the one who was too late what the other did.
std::unexpected<Error> overtaken(std::string_view function, const std::optional<Deployment>& now) {
  if (!now || now->history.empty()) {
    return fail(Code::Conflict, fmt::format("somebody removed or replaced {} meanwhile: nothing of yours has changed "
                                            "it; look at it and do it again",
                                            pointer_key(function)));
  }
  const HistoryEntry& entry = now->history.front();
  std::string at;
  append_timestamp(at, entry.at);
  return fail(Code::Conflict,
              fmt::format("{} changed \"{}\" meanwhile: {} since {} (revision {}{}{}); nothing of it is lost, nothing "
                          "of yours has changed it; do it again if it is still right",
                          entry.author.empty() ? "somebody" : entry.author, function, shown(entry.versions), at,
                          entry.revision, entry.message.empty() ? "" : ": ", entry.message));
}

/// After a write that was refused or not answered: what has become of it.
Result<Deployment> look_again(Store& store, const Deployment& before, const std::string& change, Error error) {
  Result<std::optional<Deployment>> now = read_pointer(store, before.function);
  if (!now) {
    return error.code == Code::Conflict
               ? fail(Code::Conflict, fmt::format("somebody changed \"{}\" meanwhile: do it again", before.function))
               : fail(std::move(error), fmt::format("it is not known whether \"{}\" has changed (look at its versions)",
                                                    before.function));
  }
  if (*now && std::ranges::find((*now)->history, change, &HistoryEntry::change) != (*now)->history.end()) {
    return std::move(**now);
  }
  const std::string etag = *now ? (*now)->etag : "";
  if (error.code == Code::Conflict || etag != before.etag) {
    return overtaken(before.function, *now);
  }
  return fail(std::move(error), fmt::format("\"{}\" has not changed", before.function));
}

}  // namespace

Result<std::optional<Deployment>> read_pointer(Store& store, std::string_view function) {
  Result<Object> object = get_object(store, pointer_key(function), kRecordBytesMax);
  if (!object) {
    if (object.error().code == Code::NotFound) {
      return std::nullopt;
    }
    return fail(std::move(object.error()));
  }
  Result<Deployment> deployment = read_deployment(object->bytes, function);
  if (!deployment) {
    return fail(std::move(deployment.error()), store.shown());
  }
  deployment->etag = std::move(object->info.etag);
  return std::move(*deployment);
}

Result<Deployment> move_pointer(Store& store, const Clock& clock, const Deployment& before, NextState next,
                                const Reason& reason) {
  Deployment after = before;
  after.revision = before.revision + 1;
  after.versions = std::move(next.versions);
  after.secrets = std::move(next.secrets);
  const std::string change = fresh_change();
  after.history.insert(after.history.begin(), {.revision = after.revision,
                                               .change = change,
                                               .versions = after.versions,
                                               .at = std::chrono::floor<std::chrono::milliseconds>(clock.wall_now()),
                                               .author = reason.author,
                                               .message = reason.message});
  after.history.resize(std::min(after.history.size(), kHistoryMax));
  const std::string text = write_deployment(after);
  if (const Result<Deployment> again = read_deployment(text, after.function); !again) {
    return fail(again.error(), "no node could read that");
  }
  const PutIf condition = before.etag.empty() ? PutIf::absent() : PutIf::unchanged(before.etag);
  Result<ObjectInfo> put = put_object(store, pointer_key(after.function), text, condition);
  if (!put) {
    return look_again(store, before, change, std::move(put.error()));
  }
  after.etag = std::move(put->etag);
  return after;
}

bool names_version(const Deployment& deployment, VersionNumber version) {
  const auto names = [version](const std::vector<WeightedVersion>& versions) {
    return std::ranges::find(versions, version, &WeightedVersion::version) != versions.end();
  };
  return names(deployment.versions) || std::ranges::any_of(deployment.history, names, &HistoryEntry::versions);
}

}  // namespace peko::code

/// The pointer of a function in a store: read, and moved so that nobody's change is lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "code/deployment.hpp"
#include "code/store.hpp"

namespace peko::code {

/// Who changes something, and why.
struct Reason {
  std::string author;
  std::string message;
};

/// Nothing when the function has no pointer. Invalid, Unsupported: it cannot be read; else the store's errors.
Result<std::optional<Deployment>> read_pointer(Store& store, std::string_view function);

/// What a pointer is to say.
struct NextState {
  std::vector<WeightedVersion> versions;
  std::vector<std::pair<std::string, std::string>> secrets;
};

/// Writes the state that follows `before` (of revision 0 and without an etag when there was no pointer). Conflict:
/// somebody was faster; the message says who, and this change has not happened and will not. Invalid: it is larger than
/// a pointer may be. Every other error leaves open whether it has happened. A lost answer alone is no error: the
/// pointer is read again and known by its change.
Result<Deployment> move_pointer(Store& store, const Clock& clock, const Deployment& before, NextState next,
                                const Reason& reason);

/// Whether a pointer's state or history names a version.
bool names_version(const Deployment& deployment, VersionNumber version);

}  // namespace peko::code

/// The version records of a function in a store.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "code/deployment.hpp"
#include "code/store.hpp"

namespace peko::code {

/// NotFound; Invalid, Unsupported: the record cannot be read; else the store's errors.
Result<VersionRecord> fetch_version(Store& store, std::string_view function, VersionNumber number,
                                    const LimitsMax& maxima = {});

/// Which there are, ascending. The store's errors.
Result<std::vector<VersionNumber>> version_numbers(Store& store, std::string_view function);

/// The number that a key `versions/<name>/<number>.json` has; 0 for every other key.
VersionNumber number_of_key(std::string_view key);

/// Writes `record` under the first number from `from` on that nobody has, and answers it with that number. Invalid:
/// no node could read it. Else the store's errors: then a record may be there that nobody names.
Result<VersionRecord> claim_version(Store& store, VersionRecord record, VersionNumber from);

}  // namespace peko::code

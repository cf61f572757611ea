/// Environment: the process's environment as an input, so that tests can write their own.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace peko::cloud {

using Environment = std::map<std::string, std::string, std::less<>>;

/// A copy of this process's environment, taken while no thread changes it.
Environment process_environment();

/// A variable; empty also when it is not set, which AWS's tools take for the same.
std::string value_of(const Environment& environment, std::string_view name);

/// Whether a variable says yes: "true", in any case.
bool is_true(const Environment& environment, std::string_view name);

}  // namespace peko::cloud

/// What programs that this one starts get of its environment.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace peko {

/// This process's environment without secrets of the operator, which are no business of a build or a browser, and
/// `more` ("NAME=value"), for posix_spawn. As long as `more` and the environment stay as they are.
std::vector<char*> environment_without_secrets(std::span<std::string> more = {});

}  // namespace peko

/// What programs that this one starts get of its environment.
#pragma once

#include <string>
#include <vector>

namespace peko {

/// This process's environment ("NAME=value") without secrets of the operator, which are no business of a build or a
/// browser.
std::vector<std::string> environment_without_secrets();

}  // namespace peko

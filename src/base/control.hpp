/// Characters that steer a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace peko {

/// The length of the control character that `text`, which is not empty, begins with: C0, DEL, or C1 in UTF-8 (ECMA-48,
/// section 5). 0: it begins with another one.
std::size_t control_at(std::string_view text);

}  // namespace peko

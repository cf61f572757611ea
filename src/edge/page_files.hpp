/// The files of this room that browsers get, as they are in the program.
#pragma once

#include <string_view>

namespace peko::edge {

/// live.js
std::string_view live_script();
/// page.css
std::string_view page_style();

}  // namespace peko::edge

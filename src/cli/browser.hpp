/// Opens a page in the browser of whoever sits at this machine.
#pragma once

#include <string>

#include "cli/terminal.hpp"

namespace peko::cli {

/// The program that opens pages here: wslview under WSL, xdg-open where there is a display, open on a Mac. Empty: none.
std::string browser_program(const Environment& environment);

/// Starts it with `url` and does not wait for it. Returns whether there is one.
bool open_in_browser(const std::string& url, const Environment& environment);

}  // namespace peko::cli

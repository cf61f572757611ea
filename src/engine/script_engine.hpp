/// The component that runs all scripts (js/), which is a part of the program.
#pragma once

#include <string_view>

#include "base/hash.hpp"

namespace peko::engine {

/// Its bytes, to be compiled and loaded once a process; Component::load_script gives it a script.
std::string_view script_engine();
/// Their hash, by which its machine code is kept and shared.
const Digest& script_engine_hash();

}  // namespace peko::engine

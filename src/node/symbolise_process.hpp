/// Reading a component's debug information in a child process: it is a stranger's and may want any amount of memory.
#pragma once

#include <string>
#include <vector>

#include "edge/trap_report.hpp"

namespace peko::node {

/// For each of `places.offsets` the places in the source, "take at src/stock.rs:12:5" (without the function where
/// only the line is known), the innermost inlined function
/// first; none where nothing is known. Runs `peko symbolise-worker` (this very program) and blocks until it has ended,
/// for 15 s at most. Nothing for all of them when the component has changed since or the child fails.
std::vector<std::vector<std::string>> symbolise_in_child(const edge::TrapPlaces& places);

/// What the child has printed, for `count` offsets; lines that are none are skipped.
std::vector<std::vector<std::string>> read_places(std::string_view printed, std::size_t count);

}  // namespace peko::node

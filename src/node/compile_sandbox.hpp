/// What the compiler, and the reader of debug information, may not do: they read code of strangers, so they are treated
/// as if they were one of them.
///
/// A compiler in its sandbox computes: it has its memory, its threads and the files that it has open. It opens no file,
/// makes no socket, starts no program, looks at no other process and cannot exhaust the machine. What the sandbox
/// cannot know is whether the machine code that comes out is what the component says: for that the engine's compiler is
/// trusted.
#pragma once

#include <string>

#include "base/result.hpp"
#include "node/compile_limits.hpp"

namespace peko::node {

/// Confines this process for the rest of its life: memory, CPU time, size of files, no core dump, low priority, no new
/// privileges, a list of permitted system calls; and it ends when its parent ends (at once when nobody reads its
/// stderr, a pipe, any more). Success is empty, or a warning where the kernel cannot filter system calls and only the
/// limits are in force. Called before anything of the component is parsed.
Result<std::string> enter_compile_sandbox(const CompileLimits& limits);

}  // namespace peko::node

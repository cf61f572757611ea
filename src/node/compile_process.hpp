/// Compiling in a child process, so that a hostile or huge component costs the node neither memory nor its life.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "node/compile_limits.hpp"

namespace peko::node {

struct Compiled {
  UniqueFd artifact;    ///< a file without a name, sealed: nobody can change it any more
  std::string warning;  ///< what the child could not be kept from; mostly empty
};

/// Runs `peko compile-worker` (this very program) on the bytes of a component. The child has no other descriptors than
/// the component, the artifact and a pipe for its errors, almost no environment, and ends with the thread that calls.
/// Blocks for seconds. Invalid: not a valid component, or it needs more than `limits`; Unavailable: the child could not
/// be run or was killed. Every message says what to do.
Result<Compiled> compile_in_child(std::string_view wasm, const CompileLimits& limits);

/// The same for a component that is compiled again and again, a little changed each time, in a third of the time.
/// `known`: what the last call left there, or nothing: a file without a name, sealed; it is gone after a failure.
Result<Compiled> recompile_in_child(std::string_view wasm, const CompileLimits& limits, UniqueFd& known);

/// How a child ended that made no artifact.
struct CompilerEnd {
  int status;           ///< of waitpid
  bool late;            ///< it was stopped by the clock
  std::string message;  ///< what it said
};
Error compile_error(const CompilerEnd& end, const CompileLimits& limits);

}  // namespace peko::node

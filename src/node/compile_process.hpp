/// Compiling in a child process, so that a hostile or huge component costs the node neither memory nor its life.
#pragma once

#include <memory>
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
/// the component, the artifact, nothing to read and a pipe for its errors, almost no environment, and ends with the
/// thread that calls. Blocks for seconds. Invalid: not a valid component, or it needs more than `limits`; Unavailable:
/// the child could not be run or was killed. Every message says what to do.
Result<Compiled> compile_in_child(std::string_view wasm, const CompileLimits& limits);

/// A child as above for a component that is compiled again and again, a little changed each time: it is started before
/// that component is there, and knows what was compiled of it before. Goes with this, or with the thread that started
/// it.
class ReadyCompiler {
 public:
  /// `known`: what compile() left, shared, or nothing: a file without a name, sealed. `rehearsal`: a component like the
  /// one that comes, or nothing: the child compiles it first, so that it knows its parts and has warm memory. Returns
  /// at once. Unavailable.
  static Result<ReadyCompiler> start(std::string_view rehearsal, const UniqueFd& known, const CompileLimits& limits);
  ReadyCompiler(ReadyCompiler&&) noexcept;
  ReadyCompiler& operator=(ReadyCompiler&&) noexcept;
  ~ReadyCompiler();

  /// Once. On success `known` is replaced. Errors as compile_in_child(), of what the rehearsal took, too.
  Result<Compiled> compile(std::string_view wasm, UniqueFd& known);

 private:
  struct State;
  explicit ReadyCompiler(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

/// How a child ended that made no artifact.
struct CompilerEnd {
  int status;           ///< of waitpid
  bool late;            ///< it was stopped by the clock
  std::string message;  ///< what it said
};
Error compile_error(const CompilerEnd& end, const CompileLimits& limits);

}  // namespace peko::node

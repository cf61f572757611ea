/// The machine code of a component, made here and signed with the node key, so that nodes need not compile it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/context.hpp"
#include "cli/project.hpp"
#include "cli/steps.hpp"
#include "code/node_key.hpp"
#include "code/store.hpp"

namespace peko::cli {

/// What a deploy does about the artifact.
struct ArtifactPlan {
  enum class Is : std::uint8_t {
    There,  ///< the store has it; its signature is right, as far as there is a key to tell
    Send,   ///< `signed_bytes` are to be sent
    NoKey,  ///< there is no key to sign it with: nodes compile it
    None,   ///< a script, and no key to sign the engine with
  } is = Is::NoKey;
  std::string engine_id;
  Digest component{};  ///< what it is the machine code of
  std::string signed_bytes;
};

/// Looks whether the store has the artifact; else compiles the component in a confined child, which also shows that
/// nodes can compile it. Without a key, a component that the store has already (`known`) is not compiled. A wrong
/// artifact in the store is replaced, with a warning. Errors: those of the compiler (Invalid, Unavailable) and of the
/// store.
Result<ArtifactPlan> plan_artifact(const CheckedComponent& component, const std::optional<code::NodeKey>& key,
                                   bool known, const node::CompileLimits& limits, code::Store& store,
                                   const Context& context, Steps& steps);

/// The same for the engine that runs all scripts, once for each release of Peko: a deploy of a script sends its machine
/// code when the store has none. None without a key, and, with a warning, when it cannot be compiled here. A dry run
/// does not compile what is known to compile: then `signed_bytes` are empty.
enum class HowFar : std::uint8_t { DryRun, All };
Result<ArtifactPlan> plan_script_engine(const std::optional<code::NodeKey>& key, HowFar how,
                                        const node::CompileLimits& limits, code::Store& store, const Context& context,
                                        Steps& steps);

/// Sends it, when there is something to send. Before the pointer moves: whoever sees the version finds its artifact.
Status send_artifact(const ArtifactPlan& plan, code::Store& store, Steps& steps);

/// A source of bytes in memory that tells how far a transfer is.
class ToldBytes final : public code::ByteSource {
 public:
  /// Both outlive it.
  ToldBytes(std::string_view bytes, Steps& steps, std::string what)
      : bytes_(bytes), steps_(steps), what_(std::move(what)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Result<std::string_view> read(std::uint64_t offset, std::size_t bytes_max) override;

 private:
  std::string_view bytes_;
  Steps& steps_;
  std::string what_;
};

/// "sending the component, 3 MiB of 12 MiB".
std::string sending(std::string_view what, std::uint64_t sent, std::uint64_t all);

}  // namespace peko::cli

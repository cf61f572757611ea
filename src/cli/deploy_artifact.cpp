#include "cli/deploy_artifact.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "code/deployment.hpp"
#include "engine/script_engine.hpp"

namespace peko::cli {
namespace {

/// An artifact and its signature.
constexpr std::size_t kSignedBytesMax = node::kArtifactBytesMax + 64;

/// Whether the store has an artifact that the key verifies. One that it does not verify is told, and replaced.
Result<bool> is_there(const ArtifactPlan& plan, const code::NodeKey& key, code::Store& store, Steps& steps) {
  const std::string name = code::artifact_key(plan.engine_id, plan.component);
  const Result<code::Object> object = code::get_object(store, name, kSignedBytesMax);
  if (!object && object.error().code == Code::NotFound) return false;
  if (!object && object.error().code != Code::Invalid) return fail(object.error());
  if (object && key.without_signature(plan.engine_id, plan.component, object->bytes)) return true;
  steps.warn("replacing", fmt::format("{} in the store is damaged, or signed with another key than --key-file", name));
  return false;
}

/// `what`: for the line that says so, with a space behind it; empty: the function's component.
Result<std::string> compile(std::string_view component, std::string_view what, const node::CompileLimits& limits,
                            const Context& context, Steps& steps) {
  Result<node::Compiled> compiled = context.compile_in_child(component, limits);
  if (!compiled) return fail(std::move(compiled.error()));
  Result<std::string> bytes =
      read_file(fmt::format("/proc/self/fd/{}", compiled->artifact.get()), node::kArtifactBytesMax);
  if (!bytes) return fail(std::move(bytes.error()), "reading what was compiled");
  steps.done("compiled", fmt::format("{}to {} of machine code", what, human_bytes(bytes->size())));
  return bytes;
}

}  // namespace

Result<ArtifactPlan> plan_artifact(const CheckedComponent& component, const std::optional<code::NodeKey>& key,
                                   bool known, const node::CompileLimits& limits, code::Store& store,
                                   const Context& context, Steps& steps) {
  ArtifactPlan plan;
  Result<std::string> engine_id = context.engine_id();
  if (!engine_id) return fail(std::move(engine_id.error()));
  plan.engine_id = std::move(*engine_id);
  plan.component = component.hash;
  if (key) {
    steps.begin("looking for compiled code in the store");
    const Result<bool> there = is_there(plan, *key, store, steps);
    if (!there) return fail(there.error());
    if (*there) {
      plan.is = ArtifactPlan::Is::There;
      steps.done("compiled", "the store has the machine code");
      return plan;
    }
  } else if (known) {
    const Result<code::ObjectInfo> there = store.stat(code::artifact_key(plan.engine_id, component.hash));
    if (there) plan.is = ArtifactPlan::Is::There;
    return plan;
  }
  steps.begin("compiling");
  Result<std::string> artifact = compile(component.bytes, "", limits, context, steps);
  if (!artifact) return fail(std::move(artifact.error()));
  if (key) {
    plan.is = ArtifactPlan::Is::Send;
    plan.signed_bytes = key->with_signature(plan.engine_id, component.hash, std::move(*artifact));
  }
  return plan;
}

Result<ArtifactPlan> plan_script_engine(const std::optional<code::NodeKey>& key, HowFar how,
                                        const node::CompileLimits& limits, code::Store& store, const Context& context,
                                        Steps& steps) {
  ArtifactPlan plan{.is = ArtifactPlan::Is::None, .component = engine::script_engine_hash()};
  Result<std::string> engine_id = context.engine_id();
  if (!engine_id) return fail(std::move(engine_id.error()));
  plan.engine_id = std::move(*engine_id);
  if (!key) return plan;
  // To check its signature is to read all of it, for each deploy: nodes do that, and tell when it is not theirs.
  const Result<code::ObjectInfo> there = store.stat(code::artifact_key(plan.engine_id, plan.component));
  if (!there && there.error().code != Code::NotFound) return fail(there.error());
  if (there) {
    plan.is = ArtifactPlan::Is::There;
    return plan;
  }
  if (how == HowFar::DryRun) {
    plan.is = ArtifactPlan::Is::Send;
    return plan;
  }
  steps.begin("compiling the JavaScript engine, once for all scripts of this store");
  Result<std::string> artifact =
      compile(engine::script_engine(), "the JavaScript engine, for all scripts, ", limits, context, steps);
  if (!artifact) {
    steps.warn("left to nodes", "the machine code of the JavaScript engine: " + artifact.error().message);
    return plan;
  }
  plan.is = ArtifactPlan::Is::Send;
  plan.signed_bytes = key->with_signature(plan.engine_id, plan.component, std::move(*artifact));
  return plan;
}

Status send_artifact(const ArtifactPlan& plan, code::Store& store, Steps& steps) {
  if (plan.is != ArtifactPlan::Is::Send) return {};
  steps.begin("sending the machine code");
  ToldBytes bytes(plan.signed_bytes, steps, "the machine code");
  const Result<code::ObjectInfo> sent = store.put(code::artifact_key(plan.engine_id, plan.component), bytes);
  if (!sent) return fail(sent.error());
  steps.done("sent", fmt::format("the machine code, {}", human_bytes(plan.signed_bytes.size())));
  return {};
}

Result<std::string_view> ToldBytes::read(std::uint64_t offset, std::size_t bytes_max) {
  steps_.update(sending(what_, offset, bytes_.size()));
  return bytes_.substr(offset, bytes_max);
}

std::string sending(std::string_view what, std::uint64_t sent, std::uint64_t all) {
  return fmt::format("sending {}, {} of {}", what, human_bytes(sent), human_bytes(all));
}

}  // namespace peko::cli

#include "engine/compiler.hpp"

#include "engine/bridge_text.hpp"
#include "engine/cpu.hpp"
#include "engine/engine_config.hpp"

namespace peko::engine {

namespace {

// The caller deletes it.
Result<peko_engine*> make_compiler() {
  if (Status fit = check_cpu(); !fit) return fail(std::move(fit.error()));
  peko_buf error{};
  const peko_engine_config config = compiler_config();
  peko_engine* engine = peko_engine_new(&config, &error);
  if (engine == nullptr) return fail(Code::Internal, "cannot make a compiler: " + take_text(error));
  return engine;
}

}  // namespace

Result<std::string> engine_id() {
  const Result<peko_engine*> engine = make_compiler();
  if (!engine) return fail(engine.error());
  std::string id = take_text(peko_engine_id(*engine));
  peko_engine_delete(*engine);
  return id;
}

Result<std::string> compile_component(std::span<const char> wasm, std::string* known) {
  const Result<peko_engine*> compiler = make_compiler();
  if (!compiler) return fail(compiler.error());
  peko_engine* engine = *compiler;
  peko_buf error{};
  peko_buf artifact{};
  // Safety: char may be read as unsigned char.
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(wasm.data());
  int code = PEKO_LOAD_OK;
  if (known == nullptr) {
    code = peko_component_compile(engine, bytes, wasm.size(), &artifact, &error);
  } else {
    peko_buf next{};
    code = peko_component_recompile(engine, bytes, wasm.size(), {.data = known->data(), .size = known->size()},
                                    &artifact, &next, &error);
    *known = take_text(next);
  }
  std::string text = take_text(artifact);
  const std::string message = take_text(error);
  peko_engine_delete(engine);
  if (code == PEKO_LOAD_INVALID) return fail(Code::Invalid, message);
  if (code != PEKO_LOAD_OK) return fail(Code::Internal, message);
  return text;
}

}  // namespace peko::engine

#include "engine/script_engine.hpp"

// PEKO_JS_ENGINE is the path of the file, from CMake.
asm(R"(
  .section .rodata.peko_script_engine, "a", @progbits
  .balign 16
  .globl kPekoScriptEngineBegin, kPekoScriptEngineEnd
  .hidden kPekoScriptEngineBegin, kPekoScriptEngineEnd
kPekoScriptEngineBegin:
  .incbin ")" PEKO_JS_ENGINE R"("
kPekoScriptEngineEnd:
  .previous
)");

extern "C" {
extern const char kPekoScriptEngineBegin[];
extern const char kPekoScriptEngineEnd[];
}

namespace peko::engine {

const Digest& script_engine_hash() {
  static const Digest hash = sha256(script_engine());
  return hash;
}

std::string_view script_engine() { return {kPekoScriptEngineBegin, kPekoScriptEngineEnd}; }

}  // namespace peko::engine

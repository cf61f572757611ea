#include "edge/page_files.hpp"

// PEKO_EDGE_FOLDER is where the files are, from CMake.
asm(R"(
  .section .rodata.peko_page_files, "a", @progbits
  .globl kPekoLiveScriptBegin, kPekoLiveScriptEnd, kPekoPageStyleBegin, kPekoPageStyleEnd
  .hidden kPekoLiveScriptBegin, kPekoLiveScriptEnd, kPekoPageStyleBegin, kPekoPageStyleEnd
kPekoLiveScriptBegin:
  .incbin ")" PEKO_EDGE_FOLDER R"(/live.js"
kPekoLiveScriptEnd:
kPekoPageStyleBegin:
  .incbin ")" PEKO_EDGE_FOLDER R"(/page.css"
kPekoPageStyleEnd:
  .previous
)");

extern "C" {
extern const char kPekoLiveScriptBegin[];
extern const char kPekoLiveScriptEnd[];
extern const char kPekoPageStyleBegin[];
extern const char kPekoPageStyleEnd[];
}

namespace peko::edge {

std::string_view live_script() { return {kPekoLiveScriptBegin, kPekoLiveScriptEnd}; }
std::string_view page_style() { return {kPekoPageStyleBegin, kPekoPageStyleEnd}; }

}  // namespace peko::edge

/// Says what a file is before anything is compiled, so that a wrong one gets an answer that says what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "code/function.hpp"
#include "code/paths.hpp"

namespace peko::code {

/// What the first bytes of a file tell.
enum class FileKind {
  Empty,
  Truncated,     ///< begins like WebAssembly and ends within its eight bytes of header
  Component,     ///< a component in the encoding that Peko reads
  CoreModule,    ///< a core WebAssembly module
  OtherVersion,  ///< WebAssembly in an encoding that Peko does not read
  WasmText,      ///< WebAssembly's text format
  Text,          ///< any other text
  Program,       ///< an ELF file: a native program or a compiled artifact
  Compressed,    ///< gzip or zstd
  Unknown,
};

/// Looks at no more than the first 512 bytes.
FileKind recognise(std::string_view bytes);

/// Success for a component; else Invalid with what the file is and what to do. `name` is the file as messages show it.
Status check_component(std::string_view bytes, std::string_view name);

/// The bytes of a component. NotFound, Denied, Invalid (not a regular file, not a component, larger than `bytes_max`:
/// PEKO-COMPONENT); every message says what to do. Blocks; never on a pipe or a device.
Result<std::string> read_component(const std::filesystem::path& file, std::uint64_t bytes_max = kComponentBytesMax);

/// The bytes of a function's component. When the file is missing, the message names the manifest's build command.
Result<std::string> read_component(const Function& function);

}  // namespace peko::code

#include "code/component_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace peko::code {
namespace {

using namespace std::string_view_literals;

/// The magic number, then version and layer as two little-endian 16-bit numbers
/// (WebAssembly core specification 5.5.15, component model's Binary.md).
constexpr std::string_view kMagic = "\0asm"sv;
constexpr std::string_view kCoreHeader = "\0asm\x01\0\0\0"sv;
constexpr std::string_view kComponentHeader = "\0asm\x0d\0\x01\0"sv;
constexpr std::size_t kLookAt = 512;

bool is_text(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\r' || c == '\t';
  });
}

/// The first words of a text on one line, at most 40 ASCII characters.
std::string first_words(std::string_view text) {
  std::string words;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (words.size() >= 40 || (blank && words.size() >= 30)) {
      return words + "...";
    }
    if (!blank) {
      words += (c >= 0x20 && c < 0x7f) ? c : '?';
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  while (!words.empty() && words.back() == ' ') {
    words.pop_back();
  }
  return words;
}

constexpr std::string_view kNameTheWasm = "name the .wasm file that the function's build makes";

constexpr std::string_view kHowToMakeAComponent =
    "make a component instead: Rust: `cargo build --target wasm32-wasip2`; C and C++: link with `wasm-component-ld` "
    "(clang --target=wasm32-wasip2); a finished module: `jco new` or `wasm-tools component new`";

/// What a module that needs WASI 0.1 imports, as it stands in the bytes: its length, its name.
constexpr std::array kPreview1 = {"\x16wasi_snapshot_preview1"sv, "\x0dwasi_unstable"sv};

bool is_preview1(std::string_view bytes) {
  return std::ranges::any_of(kPreview1, [&](std::string_view import) { return bytes.contains(import); });
}

/// What the folder entry tells, for better messages than reading would give. Reading decides: it can change in between.
Status check_type_and_size(const std::filesystem::path& file, std::uint64_t bytes_max, const std::string& name) {
  std::error_code error;
  const std::filesystem::file_status about = std::filesystem::status(file, error);
  if (!std::filesystem::exists(about)) {
    return {};  // Missing, or in a folder that may not be searched: opening it tells which.
  }
  if (std::filesystem::is_directory(about)) {
    return fail(Code::Invalid, fmt::format("{} is a folder, not a component: {}", name, kNameTheWasm));
  }
  if (!std::filesystem::is_regular_file(about)) {
    return fail(Code::Invalid, fmt::format("{} is not a regular file: {}", name, kNameTheWasm));
  }
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > bytes_max) {
    return fail(Code::Invalid, fmt::format("PEKO-COMPONENT: {} has {}, more than the {} that `component_mb` allows: "
                                           "leave out debug information (`wasm-tools strip`)",
                                           name, human_bytes(size), human_bytes(bytes_max)));
  }
  return {};
}

}  // namespace

FileKind recognise(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, kLookAt);
  if (start.empty()) return FileKind::Empty;
  if (start.starts_with(kComponentHeader)) return FileKind::Component;
  if (start.starts_with(kCoreHeader)) return FileKind::CoreModule;
  if (start.size() < kCoreHeader.size() && (start.starts_with(kMagic) || kMagic.starts_with(start))) {
    return FileKind::Truncated;
  }
  if (start.starts_with(kMagic)) return FileKind::OtherVersion;
  if (start.starts_with("\x7f"
                        "ELF")) {
    return FileKind::Program;
  }
  if (start.starts_with("\x1f\x8b") || start.starts_with("\x28\xb5\x2f\xfd")) return FileKind::Compressed;
  if (!is_text(start)) return FileKind::Unknown;
  const auto word = start.find_first_not_of(" \t\r\n");
  if (word != std::string_view::npos) {
    const std::string_view text = start.substr(word);
    if (text.starts_with("(component") || text.starts_with("(module")) return FileKind::WasmText;
  }
  return FileKind::Text;
}

Status check_component(std::string_view bytes, std::string_view name) {
  switch (recognise(bytes)) {
    case FileKind::Component: return {};
    case FileKind::Empty: return fail(Code::Invalid, fmt::format("{} is empty: build it again", name));
    case FileKind::Truncated:
      return fail(Code::Invalid,
                  fmt::format("{} is cut off after {} bytes: build or copy it again", name, bytes.size()));
    case FileKind::CoreModule:
      if (is_preview1(bytes)) {
        return fail(
            Code::Invalid,
            fmt::format("{} is a core module for WASI 0.1 (it imports wasi_snapshot_preview1), not a component: "
                        "build it for WASI 0.2, as a component that exports wasi:http/incoming-handler (Rust: "
                        "--target wasm32-wasip2 in place of wasm32-wasip1)",
                        name));
      }
      return fail(Code::Invalid,
                  fmt::format("{} is a core WebAssembly module, not a component: {}", name, kHowToMakeAComponent));
    case FileKind::OtherVersion:
      return fail(Code::Invalid,
                  fmt::format("{} is WebAssembly in an encoding that Peko does not read (version {}, layer "
                              "{}; expected 13 and 1): build it with a current toolchain",
                              name, static_cast<unsigned char>(bytes[4]) + (static_cast<unsigned char>(bytes[5]) << 8),
                              static_cast<unsigned char>(bytes[6]) + (static_cast<unsigned char>(bytes[7]) << 8)));
    case FileKind::WasmText:
      return fail(Code::Invalid,
                  fmt::format("{} is WebAssembly's text format: turn it into a binary by `wasm-tools parse "
                              "IN -o OUT.wasm`",
                              name));
    case FileKind::Text:
      return fail(Code::Invalid, fmt::format("{} is text, not WebAssembly (it begins with \"{}\"): {}", name,
                                             first_words(bytes.substr(0, kLookAt)), kNameTheWasm));
    case FileKind::Program:
      return fail(Code::Invalid, fmt::format("{} is native code (ELF), not WebAssembly: {}", name, kNameTheWasm));
    case FileKind::Compressed: return fail(Code::Invalid, fmt::format("{} is compressed: unpack it first", name));
    case FileKind::Unknown: break;
  }
  return fail(Code::Invalid, fmt::format("{} is not WebAssembly: {}", name, kNameTheWasm));
}

Result<std::string> read_component(const std::filesystem::path& file, std::uint64_t bytes_max) {
  const std::string name = shown(file);
  if (Status fits = check_type_and_size(file, bytes_max, name); !fits) {
    return fail(std::move(fits.error()));
  }
  Result<std::string> bytes = read_file(file, bytes_max);
  if (!bytes) {
    switch (bytes.error().code) {
      case Code::NotFound:
        return fail(Code::NotFound, fmt::format("{} does not exist: build it, or correct the path", name));
      case Code::Denied:
        return fail(Code::Denied, fmt::format("{} may not be read: give this user the right to read it", name));
      default: return bytes;
    }
  }
  if (Status component = check_component(*bytes, name); !component) {
    return fail(std::move(component.error()));
  }
  return bytes;
}

Result<std::string> read_component(const Function& function) {
  Result<std::string> bytes = read_component(function.component, function.component_bytes_max);
  if (bytes || bytes.error().code != Code::NotFound || function.build_command.empty()) {
    return bytes;
  }
  return fail(Code::NotFound, fmt::format("{} is missing: run `{}` in {} first", shown(function.component),
                                          function.build_command, shown(function.manifest.parent_path())));
}

}  // namespace peko::code

#include "doctor/toolchains.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "doctor/esbuild.hpp"
#include "doctor/program.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArea = "tools";
constexpr std::string_view kRustTarget = "wasm32-wasip2";

Finding found(std::string_view subject, std::string detail) {
  return {.area = kArea, .subject = std::string(subject), .state = State::Ok, .detail = std::move(detail), .fix = {}};
}

Finding lacking(std::string_view subject, State missing, std::string detail, std::string fix) {
  return {.area = kArea,
          .subject = std::string(subject),
          .state = missing,
          .detail = std::move(detail),
          .fix = std::move(fix)};
}

/// The first line of "PROGRAM --version", with where it is.
Finding version_of(std::string_view subject, const fs::path& program, State missing) {
  const Result<std::string> version = output_of(program, {"--version"});
  if (!version) return lacking(subject, missing, version.error().message, "install it anew");
  return found(subject, fmt::format("{}, {}", split(*version, '\n').front(), program.string()));
}

/// Whether the Rust of `rustc` has a standard library for the target of functions.
Finding rust_target(const fs::path& rustc, const Tools& tools, State missing) {
  const Result<std::string> sysroot = output_of(rustc, {"--print", "sysroot"});
  std::error_code ignored;
  if (sysroot && fs::is_directory(fs::path(trim(*sysroot)) / "lib/rustlib" / kRustTarget / "lib", ignored)) {
    return found("Rust target", std::string(kRustTarget));
  }
  return lacking("Rust target", missing, fmt::format("{} is not installed for {}", kRustTarget, rustc.string()),
                 find_program("rustup", tools.path)
                     ? fmt::format("rustup target add {}", kRustTarget)
                     : fmt::format("install Rust by https://rustup.rs, then: rustup target add {}", kRustTarget));
}

Findings rust(const Tools& tools, State missing) {
  const auto cargo = find_program("cargo", tools.path);
  const auto rustc = find_program("rustc", tools.path);
  if (!cargo || !rustc) {
    return {lacking("Rust", missing, fmt::format("{} is not in PATH", cargo ? "rustc" : "cargo"),
                    fmt::format("install Rust by https://rustup.rs, then: rustup target add {}", kRustTarget))};
  }
  return {version_of("Rust", *cargo, missing), rust_target(*rustc, tools, missing)};
}

Findings javascript(const Tools& tools, State missing) {
  Findings findings;
  for (const std::string_view name : {"node", "npm"}) {
    const auto program = find_program(name, tools.path);
    findings.push_back(program ? version_of(name, *program, missing)
                               : lacking(name, missing, fmt::format("{} is not in PATH", name),
                                         "apt-get install nodejs npm, or https://nodejs.org"));
  }
  const auto esbuild = find_esbuild(tools.folder, tools.path);
  const auto advice = [&tools] {
    return package_folder(tools.folder) ? esbuild_advice(tools.folder, tools.path)
                                        : "npm install --save-dev esbuild, in the project's folder";
  };
  findings.push_back(esbuild
                         ? version_of("esbuild", *esbuild, missing)
                         : lacking("esbuild", missing, "not installed for this folder; it bundles scripts", advice()));
  return findings;
}

/// PATH and the folders where Rust toolchains keep their linkers: rustup's, Debian's.
std::string linkers_path(const Tools& tools) {
  std::string path = tools.path;
  std::error_code error;
  const auto add = [&](const fs::path& toolchain) {
    for (const fs::directory_entry& target : fs::directory_iterator(toolchain / "lib/rustlib", error)) {
      path += ":" + (target.path() / "bin").string() + ":" + (target.path() / "bin/gcc-ld").string();
    }
  };
  for (const fs::directory_entry& toolchain : fs::directory_iterator(tools.home / ".rustup/toolchains", error)) {
    add(toolchain.path());
  }
  add(tools.usr);
  return path;
}

/// The first of these programs.
std::optional<fs::path> first_of(std::initializer_list<std::string_view> names, const std::string& path) {
  for (const std::string_view name : names) {
    if (auto program = find_program(name, path)) return program;
  }
  return std::nullopt;
}

Findings c(const Tools& tools, State missing) {
  if (!tools.wasi_sdk.empty()) {
    return {version_of("C", fs::path(tools.wasi_sdk) / "bin/clang", missing)};
  }
  const std::string path = linkers_path(tools);
  const auto clang = first_of({"clang-19", "clang-20", "clang-21", "clang-22", "clang"}, path);
  const auto linker = first_of({"wasm-ld-19", "wasm-ld-20", "wasm-ld-21", "wasm-ld-22", "wasm-ld"}, path);
  if (!clang || !linker) {
    return {lacking("C", missing, fmt::format("{} is not in PATH", clang ? "wasm-ld" : "clang"),
                    "apt-get install clang lld, or WASI_SDK=FOLDER of https://github.com/WebAssembly/wasi-sdk")};
  }
  if (!find_program("wasm-component-ld", path)) {
    return {lacking("C", missing, "wasm-component-ld, which makes components, is not in PATH",
                    "cargo install wasm-component-ld, or WASI_SDK=FOLDER of https://github.com/WebAssembly/wasi-sdk")};
  }
  return {version_of("C", *clang, missing)};
}

}  // namespace

Findings check_tools(Language language, const Tools& tools, State missing) {
  switch (language) {
    case Language::Rust: return rust(tools, missing);
    case Language::JavaScript: return javascript(tools, missing);
    case Language::C: break;
  }
  return c(tools, missing);
}

std::vector<Language> languages_of(const fs::path& folder) {
  std::vector<Language> languages;
  std::error_code error;
  if (fs::exists(folder / "Cargo.toml", error)) languages.push_back(Language::Rust);
  if (fs::exists(folder / "package.json", error)) languages.push_back(Language::JavaScript);
  for (const fs::directory_entry& file : fs::directory_iterator(folder, error)) {
    const bool is_c = file.path().extension() == ".c";
    if (is_c && std::ranges::find(languages, Language::C) == languages.end()) languages.push_back(Language::C);
  }
  return languages;
}

}  // namespace peko::doctor

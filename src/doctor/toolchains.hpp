/// What builds functions: by language, because nobody needs all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "doctor/finding.hpp"

namespace peko::doctor {

enum class Language : std::uint8_t { Rust, JavaScript, C };

/// Where tools are looked for.
struct Tools {
  std::string path;                    ///< PATH
  std::string wasi_sdk;                ///< WASI_SDK, a folder; may be empty
  std::filesystem::path home;          ///< of the user: a Rust toolchain there has a linker of components
  std::filesystem::path usr = "/usr";  ///< where Debian's Rust has its linker
  std::filesystem::path folder;        ///< where esbuild may be installed: in node_modules here or above
};

/// The tools of a language. What is missing is as bad as `missing`: Fail for a project that is written in it.
Findings check_tools(Language language, const Tools& tools, State missing);

/// What a project is written in, by the files of its folder; nothing when they do not tell.
std::vector<Language> languages_of(const std::filesystem::path& folder);

}  // namespace peko::doctor

/// Templates: the projects that `peko new` offers, which are part of the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "scaffold/names.hpp"

namespace peko::scaffold {

struct TemplateFile {
  std::string_view path;  ///< in the project, "src/main.rs"
  std::string_view bytes;
  bool executable;
  bool marked;  ///< there are marks in it: {{name}}, {{crate}}
};

struct Template {
  std::string_view name;      ///< "rest-api"
  std::string_view language;  ///< "Rust"
  std::string_view about;     ///< what it shows, in one line
  std::string_view test;      ///< the command that tests a project made of it
  bool sample;                ///< also served by `make run`
  std::span<const TemplateFile> files;

  [[nodiscard]] bool has(std::string_view path) const;
};

/// All of them, in the order in which they are offered.
std::span<const Template> templates();

/// Null when there is none of this name.
const Template* find_template(std::string_view name);

/// What a file of a project holds: its bytes, with `names` in place of the marks.
std::string rendered(const TemplateFile& file, const Names& names);

}  // namespace peko::scaffold

#include "scaffold/templates.hpp"

#include <algorithm>
#include <array>

// PEKO_TEMPLATES is the path of the bytes, from CMake.
asm(R"(
  .section .rodata.peko_templates, "a", @progbits
  .globl kPekoTemplatesBegin
  .hidden kPekoTemplatesBegin
kPekoTemplatesBegin:
  .incbin ")" PEKO_TEMPLATES R"("
  .previous
)");

extern "C" {
extern const char kPekoTemplatesBegin[];
}

namespace peko::scaffold {
namespace {

#define PEKO_FILE(path, offset, size, executable, marked) \
  TemplateFile{path, std::string_view(kPekoTemplatesBegin + (offset), size), executable, marked},
const auto kFiles = std::to_array<TemplateFile>({
#include "scaffold/templates.inc"
});
#undef PEKO_FILE

#define PEKO_TEMPLATE(name, language, about, test, sample, first, count) \
  Template{name, language, about, test, sample, std::span(kFiles).subspan(first, count)},
const auto kTemplates = std::to_array<Template>({
#include "scaffold/templates.inc"
});
#undef PEKO_TEMPLATE

void replace_all(std::string& text, std::string_view mark, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += with.size()) {
    text.replace(at, mark.size(), with);
  }
}

}  // namespace

bool Template::has(std::string_view path) const {
  return std::ranges::find(files, path, &TemplateFile::path) != files.end();
}

std::span<const Template> templates() { return kTemplates; }

const Template* find_template(std::string_view name) {
  const auto found = std::ranges::find(kTemplates, name, &Template::name);
  return found == kTemplates.end() ? nullptr : &*found;
}

std::string rendered(const TemplateFile& file, const Names& names) {
  std::string text(file.bytes);
  if (!file.marked) return text;
  replace_all(text, "{{name}}", names.function);
  replace_all(text, "{{crate}}", names.crate);
  return text;
}

}  // namespace peko::scaffold

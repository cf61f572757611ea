#include "code/paths.hpp"

#include <system_error>

namespace peko::code {

std::string shown(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path here = std::filesystem::current_path(ignored);
  if (ignored || !file.is_absolute() || here == here.root_path()) {
    return file.string();
  }
  const std::filesystem::path relative = file.lexically_normal().lexically_relative(here);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.string() : file.string();
}

std::filesystem::path made_absolute(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

}  // namespace peko::code

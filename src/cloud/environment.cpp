#include "cloud/environment.hpp"

#include <unistd.h>

#include "base/text.hpp"

namespace peko::cloud {

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::string value_of(const Environment& environment, std::string_view name) {
  const auto at = environment.find(name);
  return at == environment.end() ? std::string() : at->second;
}

bool is_true(const Environment& environment, std::string_view name) {
  return lower_case(value_of(environment, name)) == "true";
}

}  // namespace peko::cloud

#include "base/child_environment.hpp"

#include <unistd.h>

#include <string_view>

namespace peko {

std::vector<std::string> environment_without_secrets() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const bool secret = variable.starts_with("PEKO_ADMIN_TOKEN=") || variable.starts_with("PEKO_ALERT_WEBHOOK=");
    if (!secret) kept.emplace_back(variable);
  }
  return kept;
}

}  // namespace peko

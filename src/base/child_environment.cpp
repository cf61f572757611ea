#include "base/child_environment.hpp"

#include <unistd.h>

#include <string_view>

namespace peko {

std::vector<char*> environment_without_secrets(std::span<std::string> more) {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const bool secret = variable.starts_with("PEKO_ADMIN_TOKEN=") || variable.starts_with("PEKO_ALERT_WEBHOOK=");
    if (!secret) kept.push_back(*entry);
  }
  for (std::string& variable : more) kept.push_back(variable.data());
  kept.push_back(nullptr);
  return kept;
}

}  // namespace peko

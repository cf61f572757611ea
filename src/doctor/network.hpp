/// Where a node is to listen, and the names that lead there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "doctor/finding.hpp"

namespace peko::doctor {

/// A process that listens.
struct Listening {
  std::uint64_t pid = 0;  ///< 0: a process of somebody else, whose files this user may not see
  std::string name;       ///< "nginx"
};

/// Who listens on a TCP port, as /proc below `root` tells; nothing when nobody does.
std::optional<Listening> who_listens(std::uint16_t port, const std::filesystem::path& root);

/// Whether `listen` ("127.0.0.1:3000") can be listened on; it is tried, and let go. `setting`: "--listen". A Peko that
/// listens there already is Ok. `root` is "/" but in tests.
Finding check_port(const std::string& setting, const std::string& listen, const std::filesystem::path& root);

/// Whether programs of this machine find the functions below a domain: asks its resolver for a name below it.
Finding check_name(const std::string& domain);

}  // namespace peko::doctor

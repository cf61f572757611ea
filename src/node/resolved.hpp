/// Resolved: all that a store says about one function, but for the code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "code/catalog.hpp"
#include "code/deployment.hpp"
#include "code/limit_table.hpp"

namespace peko::node {

struct Resolved {
  code::CatalogEntry source;                 ///< with the etag of what was read
  code::Deployment deployment;               ///< of a dropped component: revision 0 and one version, 0
  std::vector<code::VersionRecord> records;  ///< one for each of deployment.versions
  std::string component;                     ///< Dropped: its bytes, when they have just been read
};

/// As text for the local cache, and back; without `component`. `texts` are those that it was read from: the pointer and
/// a record for each version, or the settings of a dropped component. Invalid when the text is damaged or means
/// something else by now; then it is read from the store again.
std::string write_resolved(const Resolved& resolved, const std::vector<std::string>& texts);
Result<Resolved> read_resolved(std::string_view text, std::string_view function, const code::LimitsMax& maxima);

/// From the texts of a store. Invalid, Unsupported: the message names the object.
Result<Resolved> resolve_deployed(const code::CatalogEntry& source, const std::vector<std::string>& texts,
                                  const code::LimitsMax& maxima);
/// `settings`: the text of <name>.toml, which messages call `file`; empty: there is none.
Result<Resolved> resolve_dropped(const code::CatalogEntry& source, const std::string& settings, const std::string& file,
                                 const Digest& component, std::uint64_t component_size, const code::LimitsMax& maxima);

}  // namespace peko::node

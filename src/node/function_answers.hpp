/// The answers about functions: /api/functions and /api/functions/NAME.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edge/edge.hpp"
#include "inspect/reply.hpp"
#include "node/node_view.hpp"
#include "node/recent_counts.hpp"

namespace peko::node {

/// Which functions are wanted, in which order.
struct FunctionQuery {
  enum class Sort : std::uint8_t { Name, Recent, Requests, Errors };

  std::optional<std::string> name;  ///< that one alone
  std::string part;                 ///< of the name
  Sort sort = Sort::Name;
  std::size_t offset = 0;
  std::size_t limit = SIZE_MAX;
};
/// name, q, sort, offset, limit. Invalid.
Result<FunctionQuery> function_query(std::string_view query);

/// {"functions":[{"name":...,"state":"loaded",...}],"matching":3,"total":1000,"node":{...}}; of one name only its list.
std::string function_list(const NodeView& node, const RecentCounts& recent, const FunctionQuery& query);

/// What one loop has of a version that serves.
struct VersionPart {
  std::uint32_t number = 0;
  std::uint32_t weight = 0;
  pool::ShelfCounts counts;
  std::size_t cpu_ms = 0;
  std::size_t wall_ms = 0;
  std::size_t memory_mb = 0;
  std::string component;  ///< SHA-256
};
std::vector<VersionPart> version_parts(const edge::Edge& edge, edge::Router::Target function);

/// A function as in the list, with the instances of each version, the times of its requests, cold starts and faults.
std::string function_page(const NodeView& node, const RecentCounts& recent, const FunctionView& function,
                          const std::vector<std::vector<VersionPart>>& loops);

}  // namespace peko::node

/// The answers about requests: /api/requests and /api/requests/ID.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edge/history.hpp"
#include "inspect/query.hpp"
#include "inspect/reply.hpp"
#include "inspect/trap_history.hpp"

namespace peko::inspect {

/// Which requests a query wants: function, status ("404" or "5xx"), code, errors, before, limit. Invalid.
Result<edge::RequestFilter> request_filter(std::string_view query);

/// {"requests":[...],"next":"..."}: newest first; `next` is what to give as `before` for those that follow, absent at
/// the end. `parts`: what loops found.
Reply request_list(std::vector<std::vector<edge::RequestCopy>> parts, const edge::RequestFilter& filter);

/// All that one loop knows of a request.
struct RequestParts {
  std::optional<edge::RequestCopy> request;
  std::vector<edge::LineCopy> lines;
};

/// {"request":{...},"phases":[{"name":"queue","ms":1.2},...],"log":[...],"trap":{...}}; `request` is null while it is
/// not over, `trap` unless it has failed in its code. 404 when nothing is known of it.
Reply request_page(const std::vector<RequestParts>& parts, const std::optional<KeptTrap>& trap, std::string_view id);

}  // namespace peko::inspect

/// Asks nodes, by their admin listeners, whether a change has reached them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cloud/http_transport.hpp"

namespace peko::cli {

/// "http://10.0.0.7:7070", without a slash at the end; http:// is added when there is no scheme. Invalid.
Result<std::string> admin_url(std::string_view text);

/// What nodes are to have.
struct Awaited {
  std::string function;
  std::optional<std::uint64_t> revision;  ///< at least this one; nothing: they are not to have the function any more
};

struct Confirmation {
  std::string url;
  std::string problem;  ///< why it did not confirm, and what to do; empty: it did
};

/// The answer of GET /api/functions?name=..., judged.
struct NodeState {
  enum class Is : std::uint8_t { Reached, NotYet, Failed } is = Is::NotYet;
  std::string why;  ///< Failed: what the node says; NotYet: what it has
};
NodeState judge_functions(std::string_view json, const Awaited& awaited);

struct Patience {
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds pause{100};  ///< between questions
};

/// Tells each node to look at its store (POST /api/refresh) and asks it until it has the change, all at once, each for
/// about `patience.timeout`; a question is not cut short. A node that has not loaded the function has reached the
/// change when it has looked: it loads what is current when the first request comes. In the order of `urls`.
std::vector<Confirmation> await_nodes(cloud::HttpTransport& http, std::span<const std::string> urls,
                                      const std::string& token, const Awaited& awaited, const Patience& patience = {});

}  // namespace peko::cli

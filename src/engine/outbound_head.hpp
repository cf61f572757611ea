/// OutboundHead: what a guest asks the world for, copied out of the bridge.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct peko_outbound_head;

namespace peko::engine {

/// A value. `id` names the request at the bridge, `token` the call that it belongs to.
struct OutboundHead {
  OutboundHead(std::uint64_t token, std::uint64_t id, const peko_outbound_head& head);

  std::uint64_t token;
  std::uint64_t id;
  std::string method;
  std::string uri;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  // As the guest set them; 0: not set.
  std::chrono::nanoseconds connect_timeout;
  std::chrono::nanoseconds first_byte_timeout;
  std::chrono::nanoseconds between_bytes_timeout;
};

}  // namespace peko::engine

#include "inspect/reply.hpp"

#include <utility>
#include <vector>

namespace peko::inspect {

void send(http::Exchange& exchange, Reply reply) {
  const std::string length = std::to_string(reply.body.size());
  std::vector<http::Field> fields{{"content-type", reply.type},
                                  {"content-length", length},
                                  {"cache-control", "no-store"},
                                  {"x-content-type-options", "nosniff"},
                                  {"cross-origin-resource-policy", "same-origin"}};
  if (!reply.extra.name.empty()) fields.push_back(reply.extra);
  exchange.send_head({.status = reply.status, .fields = fields});
  exchange.write(http::Chunk::of(std::move(reply.body)));
  exchange.finish();
}

}  // namespace peko::inspect

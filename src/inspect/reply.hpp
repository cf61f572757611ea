/// Reply: a whole answer of the admin listener.
#pragma once

#include <string>
#include <string_view>

#include "http/exchange.hpp"

namespace peko::inspect {

struct Reply {
  unsigned status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  std::string body;
  http::Field extra{};  ///< a field more, when it has a name
};

inline constexpr std::string_view kJsonType = "application/json";

/// Sends it and finishes the exchange. Nothing of it is kept by a cache or shown to other sites.
void send(http::Exchange& exchange, Reply reply);

}  // namespace peko::inspect

/// TraceContext: the fields by which a request belongs to a trace (W3C Trace Context).
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace peko::engine {

/// Whether the text is a `traceparent` of version 00 or one that extends it (W3C Trace Context, 3.2.2).
bool is_traceparent(std::string_view text);

/// What a call was asked with, to be passed on unchanged by its own requests: Peko takes no part in the trace itself.
struct TraceContext {
  std::string parent;  ///< empty: none, or one that is not valid
  std::string state;   ///< `tracestate`, means nothing without parent

  /// Takes it from the fields of a request.
  void assign(http::Fields fields);
  void clear() {
    parent.clear();
    state.clear();
  }
};

}  // namespace peko::engine

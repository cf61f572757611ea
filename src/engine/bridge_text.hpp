/// Text that the bridge hands over.
#pragma once

#include <string>

#include "peko_bridge.h"

namespace peko::engine {

/// Copies the bytes out and frees the buffer.
inline std::string take_text(peko_buf buf) {
  std::string text;
  // Safety: the bridge fills `data` with `size` bytes; char may alias any of them.
  if (buf.data != nullptr) text.assign(reinterpret_cast<const char*>(buf.data), buf.size);
  peko_buf_free(buf);
  return text;
}

/// Copies text that the bridge lends for a call.
inline std::string copy_text(peko_str text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}

}  // namespace peko::engine

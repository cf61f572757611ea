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

}  // namespace peko::engine

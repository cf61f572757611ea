/// Errors of the outside world, named by what the caller can do about them.
///
/// A failure of disk, network, guest or input is a Result (result.hpp) with an Error. A mistake of ours is a
/// PEKO_ASSERT (assert.hpp). Nothing in src/ throws.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace peko {

enum class Code {
  Invalid,      ///< the input is wrong: whoever wrote it must change it
  NotFound,     ///< it is not there
  Denied,       ///< not permitted
  Conflict,     ///< somebody else has it or changed it: address in use, lost update
  Overloaded,   ///< no room now: try later or elsewhere
  Unavailable,  ///< something we depend on does not answer: try later
  Deadline,     ///< it took too long
  GuestFault,   ///< the function failed by itself
  Unsupported,  ///< well-formed, but Peko does not do that
  Internal,     ///< our bug
};

/// The name of a code, as logs show it.
std::string_view to_string(Code code);

struct Error {
  Code code;
  std::string message;  ///< one sentence for a person: what, where, and what to do next when that is known

  /// The same error with what we were doing in front: "reading peko.toml: no such file".
  [[nodiscard]] Error within(std::string_view doing) && {
    message.insert(0, ": ");
    message.insert(0, doing);
    return std::move(*this);
  }
};

}  // namespace peko

#include "base/error.hpp"

namespace peko {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::Invalid: return "invalid";
    case Code::NotFound: return "not found";
    case Code::Denied: return "denied";
    case Code::Conflict: return "conflict";
    case Code::Overloaded: return "overloaded";
    case Code::Unavailable: return "unavailable";
    case Code::Deadline: return "deadline";
    case Code::GuestFault: return "guest fault";
    case Code::Unsupported: return "unsupported";
    case Code::Internal: return "internal";
  }
  return "unknown";
}

}  // namespace peko

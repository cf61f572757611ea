/// Result<T>: a value or an Error. Status: success or an Error.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace peko {

template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

using Status = Result<void>;

/// `return fail(Code::NotFound, "no such function");`
inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

/// Hands an error on to the caller, with what we were doing in front.
inline std::unexpected<Error> fail(Error error, std::string_view doing) {
  return std::unexpected<Error>(std::move(error).within(doing));
}

/// Hands an error on to the caller as it is.
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace peko

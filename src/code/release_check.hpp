/// Whether what is to be published may be: part of Publisher.
#pragma once

#include "base/result.hpp"
#include "code/publisher.hpp"

namespace peko::code {

/// What the code of a release is.
CodeKind kind_of(const Release& release);

/// Invalid when its name, its code or a route is not what a store takes.
Status check_release(const Release& release);

/// Invalid when the author's name or the message is too long.
Status check_reason(const Reason& reason);

}  // namespace peko::code

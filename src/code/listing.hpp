/// Walking through a listing of a store, page by page.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "code/store.hpp"

namespace peko::code {

/// Calls `visit` for each object whose key begins with `prefix`; an error of it ends the walk. Errors: the store's;
/// Unavailable when the listing has no end.
Status each_object(Store& store, std::string_view prefix, const std::function<Status(const ObjectInfo&)>& visit);

}  // namespace peko::code

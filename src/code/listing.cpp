#include "code/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peko::code {
namespace {

constexpr std::size_t kPage = 1000;              // what S3 gives at most
constexpr std::size_t kObjectsMax = 10'000'000;  // a store that never ends is broken

}  // namespace

Status each_object(Store& store, std::string_view prefix, const std::function<Status(const ObjectInfo&)>& visit) {
  std::string after;
  for (std::size_t seen = 0; seen < kObjectsMax;) {
    Result<ObjectPage> page = store.list(prefix, after, kPage);
    if (!page) {
      return fail(std::move(page.error()));
    }
    for (const ObjectInfo& object : page->objects) {
      if (Status done = visit(object); !done) {
        return done;
      }
    }
    if (page->next.empty()) {
      return {};
    }
    if (page->next == after) {
      break;
    }
    after = std::move(page->next);
    seen += std::max<std::size_t>(page->objects.size(), 1);
  }
  return fail(Code::Unavailable,
              fmt::format("{}: the listing of \"{}\" does not come to an end", store.shown(), prefix));
}

}  // namespace peko::code

/// Code on its way into a store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "code/store.hpp"

namespace peko::code {

/// A component that is there and that nothing serves is sent again when it is older than this: a collection may be
/// about to remove it. So one that is younger stays for as long as a deploy may take.
inline constexpr std::chrono::minutes kUploadTrusted{30};

struct Upload {
  std::string key;  ///< code_key of `bytes`
  std::string_view bytes;
  bool served = false;  ///< a version that serves names it: no collection removes it
};

/// Puts a component, a script or a source map there unless the store has it, of the right size. Says whether it was
/// sent. `progress` gets the bytes that were read for it so far, and of how many. The store's errors.
Result<bool> upload_component(Store& store, const Clock& clock, const Upload& upload,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress);

/// The code that a version names is there, whole as far as its size tells. NotFound, Invalid with what to do.
Status check_code(Store& store, const std::string& key, std::uint64_t size);

}  // namespace peko::code

/// What keys, values and names of stores may be: the same for every backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "keyvalue/store.hpp"

namespace peko::keyvalue {

// As Workers KV has them, so that code for it finds room here.
inline constexpr std::size_t kKeyBytesMax = 512;
inline constexpr std::size_t kMetadataBytesMax = 1024;
inline constexpr std::uint32_t kListMax = 1000;
inline constexpr std::uint64_t kValueBytesMax = 25ULL << 20;

inline constexpr std::size_t kItemsMax = 1000;                 ///< of one operation
inline constexpr std::uint64_t kAnswerBytesMax = 26ULL << 20;  ///< values of one answer: a largest one fits
inline constexpr std::size_t kStoresMax = 16;                  ///< of one function, the default one not counted

/// What a store of a manifest may be called: 1 to 63 of A-Z, a-z, 0-9, '_' and '-', a letter first, and not "default"
/// or "KV", which name the one that is always there. Safe as a file name. Invalid.
Status check_store_name(std::string_view name);

/// Whether `request` can be done at all: sizes and counts. Invalid says which key it is about and what is allowed.
Status check(const Request& request, std::uint64_t value_bytes_max);

}  // namespace peko::keyvalue

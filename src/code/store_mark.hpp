/// The file `.peko/store` of a store in a folder. It tells this store from another one, so that a folder whose disk is
/// not mounted is not taken for an empty store; and writers lock it, so that none of them overlooks another's change.
#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace peko::code {

/// What the file says: random text, made by the first writer. Empty when nobody has written yet. Invalid when it
/// is damaged. `root` is the store's open folder.
Result<std::string> read_mark(int root);

/// Locks the store for all others, on this machine and on others that see it over NFS 4; released when the descriptor
/// is closed, also by a process that dies. Makes the file where there is none. Denied when it cannot be written or
/// when the file system has no locks; Unavailable when another process keeps the lock for longer than `patience`.
Result<UniqueFd> lock_mark(int root, std::chrono::milliseconds patience);

}  // namespace peko::code

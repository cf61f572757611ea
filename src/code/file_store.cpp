#include "code/file_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/assert.hpp"
#include "code/beneath.hpp"
#include "code/file_listing.hpp"
#include "code/file_read.hpp"
#include "code/file_write.hpp"
#include "code/object_folder.hpp"
#include "code/store_mark.hpp"

namespace peko::code {
namespace {

constexpr int kTriesMax = 10;  // folders that are removed while we write into them
// Whoever has the lock compares and renames: milliseconds, and a slow disk's seconds.
constexpr std::chrono::seconds kPatience{10};

bool is_absent(int number) { return number == ENOENT || number == ENOTDIR || number == EISDIR; }

Code code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return Code::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
    case EXDEV:
    case ELOOP: return Code::Denied;
    case EISDIR:
    case ENODEV:
    case ENAMETOOLONG:
    case EINVAL: return Code::Invalid;
    default: return Code::Unavailable;
  }
}

/// What to do about it, for whoever reads the message.
std::string advice(int number) {
  switch (number) {
    case EACCES:
    case EPERM: return fmt::format(" for user {}: change the permissions or the user", ::geteuid());
    case EROFS: return ": mount it writable, or deploy from a machine that may write";
    case ENOSPC: return ": free space on that disk; what was there is unchanged";
    case EDQUOT: return ": raise the quota or free space; what was there is unchanged";
    case EXDEV:
    case ELOOP: return ": a symbolic link that leads out of the store or in a circle is not followed";
    case ENODEV: return ": it is no regular file; remove it";
    case ESTALE: return ": the file server has forgotten it; it is tried again when asked again";
    case EOVERFLOW: return ": this file system does not keep the time of a write";
    default: return "";
  }
}

}  // namespace

std::string FileStore::shown() const { return "file://" + root_.string(); }

std::unexpected<Error> FileStore::failed(std::string_view doing, std::string_view key, int number) const {
  return fail(code_of(number), fmt::format("{} {} of {}: {}{}", doing, key, shown(),
                                           std::generic_category().message(number), advice(number)));
}

Result<UniqueFd> FileStore::open_root() const {
  UniqueFd root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root) {
    return root;
  }
  if (errno == ENOENT || errno == ENOTDIR) {
    return fail(Code::Unavailable, fmt::format("{}: there is no such folder; mount it, or make it: mkdir -p '{}'",
                                               shown(), root_.string()));
  }
  return fail(code_of(errno),
              fmt::format("opening {}: {}{}", shown(), std::generic_category().message(errno), advice(errno)));
}

Status FileStore::check_mark(int root) {
  for (;;) {
    const std::string expected = first_mark();
    const Result<std::string> mark = read_mark(root);
    if (!mark) {
      return fail(mark.error(), shown());
    }
    const std::lock_guard lock(mutex_);
    if (mark->empty() && mark_ != expected) {
      continue;  // Another thread has made the first one meanwhile, perhaps after we read.
    }
    if (mark_.empty()) {
      mark_ = *mark;
    }
    if (mark_ != *mark) {
      return fail(Code::Unavailable,
                  fmt::format("{}: {}, so the disk is probably not mounted; if this is on purpose, start again",
                              shown(), mark->empty() ? ".peko/store is gone" : "this is another store than before"));
    }
    return {};
  }
}

std::string FileStore::first_mark() {
  const std::lock_guard lock(mutex_);
  return mark_;
}

Result<UniqueFd> FileStore::open_marked_root() {
  Result<UniqueFd> root = open_root();
  if (root) {
    if (Status checked = check_mark(root->get()); !checked) {
      return fail(std::move(checked.error()));
    }
  }
  return root;
}

std::unexpected<Error> FileStore::absent(int root, std::string_view key) {
  if (Status checked = check_mark(root); !checked) {
    return fail(std::move(checked.error()));
  }
  return fail(Code::NotFound, fmt::format("{}: there is no {}", shown(), key));
}

Result<FileStore::Turn> FileStore::take_turn(int root) {
  Turn turn{.mine = std::unique_lock(changing_, kPatience), .all = {}};
  if (!turn.mine) {
    return fail(Code::Unavailable,
                fmt::format("{}: another thread has been writing for {} s", shown(), kPatience.count()));
  }
  Result<UniqueFd> all = lock_mark(root, kPatience);
  if (!all) {
    return fail(std::move(all.error()), shown());
  }
  turn.all = std::move(*all);
  if (Status checked = check_mark(root); !checked) {  // The first writer has just made it.
    return fail(std::move(checked.error()));
  }
  return turn;
}

Result<ObjectPage> FileStore::list(std::string_view prefix, std::string_view after, std::size_t count) {
  PEKO_ASSERT(count > 0, "a page has room for an object");
  if (Status checked = check_prefix(prefix); !checked) {
    return fail(std::move(checked.error()));
  }
  const Result<UniqueFd> root = open_marked_root();
  if (!root) {
    return fail(root.error());
  }
  for (int tries = 1;; ++tries) {
    Result<ObjectPage> page = list_folder(root->get(), prefix, after, count, clock_.wall_now());
    if (page || page.error().code != Code::Unavailable || tries == 2) {
      return page ? std::move(page) : fail(std::move(page.error()), shown());
    }
    // Once more: a handle that the file server forgot is a new one then.
  }
}

std::unexpected<Error> FileStore::not_opened(int root, std::string_view key, int number) {
  return is_absent(number) ? absent(root, key) : failed("reading", key, number);
}

Result<ObjectInfo> FileStore::stat(std::string_view key) {
  if (Status checked = check_key(key); !checked) {
    return fail(std::move(checked.error()));
  }
  const Result<UniqueFd> root = open_root();
  if (!root) {
    return fail(root.error());
  }
  const std::string path(key);
  const OpenFile file = open_file(root->get(), path);
  return file.fd ? Result<ObjectInfo>(object_info(path, file.about)) : not_opened(root->get(), key, errno);
}

Result<std::optional<ObjectInfo>> FileStore::get(std::string_view key, const ByteSink& sink, const ByteRange& range,
                                                 std::string_view unless_etag) {
  if (Status checked = check_key(key); !checked) {
    return fail(std::move(checked.error()));
  }
  const Result<UniqueFd> root = open_root();
  if (!root) {
    return fail(root.error());
  }
  const std::string path(key);
  OpenFile file = open_file(root->get(), path);
  if (!file.fd) {
    return not_opened(root->get(), key, errno);
  }
  ObjectInfo info = object_info(path, file.about);
  if (!unless_etag.empty() && info.etag == unless_etag) {
    return std::nullopt;
  }
  Status sunk;
  const std::uint64_t first = std::min(range.first, info.size);
  const int number =
      read_file_range(root->get(), path, file, {.first = first, .size = std::min(range.size, info.size - first)},
                      [&](std::string_view piece) { return (sunk = sink(piece)).has_value(); });
  if (!sunk) {
    return fail(std::move(sunk.error()));
  }
  if (number == kWrittenMeanwhile) {
    return fail(Code::Unavailable,
                fmt::format("reading {} of {}: somebody is writing it; it is read when that is over (files that are "
                            "copied into a store are best given their name when they are whole, by mv)",
                            key, shown()));
  }
  if (number != 0) {
    return failed("reading", key, number);
  }
  return info;
}

std::unexpected<Error> FileStore::not_written(std::string_view key, int number) const {
  switch (number) {
    case ENOTDIR:
    case EISDIR:
      return fail(Code::Invalid, fmt::format("writing {} of {}: there is a file where it needs a folder, or a folder "
                                             "where it is to be; remove that",
                                             key, shown()));
    case ENOENT:
      return fail(Code::Unavailable,
                  fmt::format("writing {} of {}: its folder was removed again and again meanwhile", key, shown()));
    default: return failed("writing", key, number);
  }
}

Status FileStore::check_condition(int root, int folder, std::string_view key, const PutIf& condition,
                                  timespec* written) {
  Existing existing;
  if (const int number = look_at_existing(folder, place_of(key).name, existing); number != 0) {
    return not_written(key, number);
  }
  if (existing.folder) {
    return not_written(key, EISDIR);
  }
  *written = existing.written;
  const auto conflict = [&](std::string_view why) {
    return fail(Code::Conflict, fmt::format("writing {} of {}: {}", key, shown(), why));
  };
  if (condition.is == PutIf::Is::Absent && existing.there) {
    return conflict("it is there already");
  }
  if (condition.is == PutIf::Is::Unchanged) {
    const OpenFile file = open_file(root, std::string(key));
    if (!file.fd) {
      return is_absent(errno) ? conflict("somebody has removed it meanwhile") : failed("comparing", key, errno);
    }
    if (object_info({}, file.about).etag != condition.etag) {
      return conflict("somebody has changed it meanwhile");
    }
  }
  return {};
}

Result<ObjectInfo> FileStore::put(std::string_view key, ByteSource& bytes, const PutIf& condition) {
  if (Status checked = check_key(key); !checked) {
    return fail(std::move(checked.error()));
  }
  const Result<UniqueFd> root = open_marked_root();
  if (!root) {
    return fail(root.error());
  }
  const ObjectPlace place = place_of(key);
  UniqueFd folder;
  std::optional<TemporaryFile> file;
  // As long as there is no file in it, somebody may remove the folder as an empty one.
  for (int tries = 1;; ++tries) {
    folder = open_folder_to_write(root->get(), place.folder);
    if (folder && file.emplace(folder.get())) {
      break;
    }
    if ((errno != ENOENT && errno != ESTALE) || tries == kTriesMax) {
      return not_written(key, errno);
    }
  }
  // What cannot succeed is told before the bytes are copied, but only what is seen in our turn counts.
  timespec written{};
  if (Status may = check_condition(root->get(), folder.get(), key, condition, &written); !may) {
    return fail(std::move(may.error()));
  }
  int number = 0;
  if (Status copied = copy_to_disk(bytes, file->fd(), number); !copied) {
    return number == 0 ? fail(std::move(copied.error())) : not_written(key, number);
  }
  Result<ObjectInfo> info = put_in_place(root->get(), folder.get(), key, condition, *file);
  if (!info) {
    return info;
  }
  if (number = sync_folder(folder.get()); number != 0) {
    return not_written(key, number);
  }
  return info;
}

Result<ObjectInfo> FileStore::put_in_place(int root, int folder, std::string_view key, const PutIf& condition,
                                           TemporaryFile& file) {
  const Result<Turn> turn = take_turn(root);
  if (!turn) {
    return fail(turn.error());
  }
  timespec written{};
  if (Status may = check_condition(root, folder, key, condition, &written); !may) {
    return fail(std::move(may.error()));
  }
  const std::string name = place_of(key).name;
  int number = file.date(written);
  if (number == 0) {
    number = condition.is == PutIf::Is::Absent ? file.take(name) : file.replace(name);
  }
  struct stat about{};
  if (number == 0) {
    number = look_afresh(file.fd(), about);
  }
  if (number == EEXIST) {
    return fail(Code::Conflict, fmt::format("writing {} of {}: it is there already", key, shown()));
  }
  return number == 0 ? Result<ObjectInfo>(object_info(std::string(key), about)) : not_written(key, number);
}

Status FileStore::remove(std::string_view key) {
  if (Status checked = check_key(key); !checked) {
    return checked;
  }
  const Result<UniqueFd> root = open_marked_root();
  if (!root) {
    return fail(root.error());
  }
  const ObjectPlace place = place_of(key);
  const UniqueFd folder = open_beneath(root->get(), place.folder, O_RDONLY | O_DIRECTORY);
  if (!folder) {
    return is_absent(errno) ? Status() : failed("removing", key, errno);
  }
  if (const Result<Turn> turn = take_turn(root->get()); !turn) {
    return fail(turn.error());
  } else if (::unlinkat(folder.get(), place.name.c_str(), 0) != 0) {
    return is_absent(errno) ? Status() : failed("removing", key, errno);
  }
  if (const int number = sync_folder(folder.get()); number != 0) {
    return failed("removing", key, number);
  }
  remove_empty_folders(root->get(), place.folder);
  return {};
}

}  // namespace peko::code

#include "code/artifact_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/assert.hpp"
#include "base/file.hpp"
#include "base/random.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;
constexpr mode_t kOthersMayRead = S_IRGRP | S_IROTH;

/// Opens a file of ours: regular, owned by this user, with none of the `forbidden` permission bits. NotFound, Denied.
Result<UniqueFd> open_own(const std::filesystem::path& path, mode_t forbidden) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    if (errno == ELOOP) {
      return fail(Code::Denied, fmt::format("{} is a symbolic link", path.string()));
    }
    return fail(file_error("opening", path, errno));
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) {
    return fail(file_error("looking at", path, errno));
  }
  if (!S_ISREG(about.st_mode)) {
    return fail(Code::Denied, fmt::format("{} is not a regular file", path.string()));
  }
  if (about.st_uid != ::geteuid()) {
    return fail(Code::Denied, fmt::format("{} belongs to another user", path.string()));
  }
  if ((about.st_mode & forbidden) != 0) {
    return fail(Code::Denied,
                fmt::format("{} is open to other users (mode {:04o})", path.string(), about.st_mode & 07777));
  }
  return file;
}

/// Feeds the rest of an open file to `take`.
template <typename Take>
Status read_rest(const UniqueFd& file, const std::filesystem::path& path, Take take) {
  std::string piece(std::size_t{256} << 10, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(file_error("reading", path, errno));
    }
    if (got == 0) {
      return {};
    }
    take(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
}

/// Writes a new random key without replacing one: a whole temporary file, then a link, which fails when the name is
/// taken.
Status create_key(const std::filesystem::path& path) {
  std::array<std::byte, kKeyBytes> key{};
  fill_secure(key);
  std::string temporary = path.string() + ".XXXXXX";
  const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));  // O_EXCL and 0600, by POSIX
  if (!file) {
    return fail(file_error("creating", path, errno));
  }
  int number = 0;
  if (::write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    number = errno != 0 ? errno : EIO;
  } else if (::fsync(file.get()) != 0 || ::link(temporary.c_str(), path.c_str()) != 0) {
    number = errno;
  }
  ::unlink(temporary.c_str());
  if (number != 0 && number != EEXIST) {  // EEXIST: another process was faster; its key is as good.
    return fail(file_error("creating", path, number));
  }
  return {};
}

Result<std::string> read_key(const std::filesystem::path& path) {
  const Result<UniqueFd> file = open_own(path, kOthersMayRead | kOthersMayWrite);
  if (!file) {
    return fail(file.error());
  }
  std::string key;
  if (Status read = read_rest(*file, path, [&key](std::string_view piece) { key += piece.substr(0, kKeyBytes + 1); });
      !read) {
    return fail(std::move(read.error()));
  }
  if (key.size() != kKeyBytes) {
    return fail(Code::Invalid, fmt::format("{} is damaged: remove it, a new one is made", path.string()));
  }
  return key;
}

Result<std::string> key_of(const std::filesystem::path& path) {
  Result<std::string> key = read_key(path);
  if (!key && key.error().code == Code::NotFound) {
    if (Status created = create_key(path); !created) {
      return fail(std::move(created.error()));
    }
    key = read_key(path);
  }
  if (!key && key.error().code == Code::Denied) {
    return fail(Code::Denied,
                fmt::format("{}: the signing key must be yours alone; remove it (a new one is made) or choose "
                            "another cache folder",
                            key.error().message));
  }
  return key;
}

bool is_file_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.size() <= 200 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") ==
             std::string_view::npos;
}

/// What a signature covers before the artifact's bytes. Neither part can hold the line end that separates them.
std::string signed_name(std::string_view engine_id, const Digest& component) {
  return fmt::format("peko artifact 1\n{}\n{}\n", engine_id, hex(component));
}

/// Holds the lock of an engine's folder. The lock is advice between our own processes; signatures are the protection.
Result<UniqueFd> lock(const std::filesystem::path& folder, int how) {
  const std::filesystem::path path = folder / "lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    return fail(file_error("opening", path, errno));
  }
  while (::flock(file.get(), how) != 0) {
    if (errno != EINTR) {
      return fail(file_error("locking", path, errno));
    }
  }
  return file;
}

/// Whether a file of an engine's folder is one that was being written: "<sha256>.cwasm.XXXXXX".
bool is_temporary(const std::filesystem::path& file) {
  const std::string written = file.stem().extension().string();
  return written == ".cwasm" || written == ".hmac";
}

/// Removes what processes left that were killed while they stored. Whoever stores holds the lock, so what can be locked
/// has no owner; a folder that is in use, or on a read-only disk, stays as it is.
void remove_leftovers(const std::filesystem::path& artifacts) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(artifacts, error), end; !error && at != end; at.increment(error)) {
    const Result<UniqueFd> held = lock(at->path(), LOCK_EX | LOCK_NB);
    if (!held) {
      continue;
    }
    std::error_code ignored;
    for (std::filesystem::directory_iterator file(at->path(), ignored); !ignored && file != end;
         file.increment(ignored)) {
      if (is_temporary(file->path())) {
        std::filesystem::remove(file->path(), ignored);
      }
    }
  }
}

std::unexpected<Error> refused(const std::filesystem::path& path, std::string_view why) {
  return fail(Code::Denied, fmt::format("the compiled artifact {} is refused: {}", path.string(), why));
}

struct Pair {
  UniqueFd artifact;
  UniqueFd signature;
};

/// Opens both files of an entry as they belong together; nothing when there is no entry.
Result<std::optional<Pair>> open_pair(const std::filesystem::path& folder, const std::filesystem::path& artifact,
                                      const std::filesystem::path& signature) {
  std::error_code ignored;
  if (!std::filesystem::exists(artifact, ignored)) {
    return std::nullopt;
  }
  // A cache on a read-only disk has no lock and needs none.
  const Result<UniqueFd> held = lock(folder, LOCK_SH);
  Result<UniqueFd> code = open_own(artifact, kOthersMayWrite);
  if (!code) {
    return code.error().code == Code::NotFound ? Result<std::optional<Pair>>(std::nullopt)
                                               : refused(artifact, code.error().message);
  }
  Result<UniqueFd> mac = open_own(signature, kOthersMayWrite);
  if (!mac) {
    return refused(artifact, mac.error().message);
  }
  return Pair{std::move(*code), std::move(*mac)};
}

}  // namespace

Result<ArtifactCache> ArtifactCache::open(const std::filesystem::path& cache_dir) {
  const std::filesystem::path artifacts = cache_dir / "artifacts";
  if (Status made = create_private_directories(artifacts); !made) {
    // A file in the way is the operator's to remove: nobody competes for the folder.
    const Code code = made.error().code == Code::Conflict ? Code::Invalid : made.error().code;
    return fail(code, std::move(made.error().message));
  }
  remove_leftovers(artifacts);
  Result<std::string> key = key_of(cache_dir / "key");
  if (!key) {
    return fail(std::move(key.error()));
  }
  return ArtifactCache(artifacts, std::move(*key));
}

std::filesystem::path ArtifactCache::folder(std::string_view engine_id) const {
  PEKO_ASSERT(is_file_name(engine_id), "an engine id is safe as a file name");
  return artifacts_ / engine_id;
}

Result<std::optional<VerifiedArtifact>> ArtifactCache::lookup(std::string_view engine_id,
                                                              const Digest& component) const {
  const std::filesystem::path place = folder(engine_id);
  const std::filesystem::path artifact = place / (hex(component) + ".cwasm");
  const std::filesystem::path signature = place / (hex(component) + ".hmac");
  Result<std::optional<Pair>> pair = open_pair(place, artifact, signature);
  if (!pair) {
    return fail(std::move(pair.error()));
  }
  if (!*pair) {
    return std::nullopt;
  }
  HmacSha256 computing(key_);
  computing.update(signed_name(engine_id, component));
  std::string expected;
  Status read = read_rest((*pair)->artifact, artifact, [&](std::string_view piece) { computing.update(piece); });
  if (read) {
    read = read_rest((*pair)->signature, signature, [&](std::string_view piece) { expected += piece.substr(0, 64); });
  }
  if (!read) {
    return fail(std::move(read.error()));
  }
  Digest claimed{};
  const bool whole = expected.size() == claimed.size();
  if (whole) {
    std::ranges::transform(expected, claimed.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  }
  if (!whole || !equal_in_constant_time(computing.finish(), claimed)) {
    return refused(artifact, "its signature is wrong (damaged or forged)");
  }
  return VerifiedArtifact(std::move((*pair)->artifact));
}

Status ArtifactCache::store(std::string_view engine_id, const Digest& component, std::string_view artifact) const {
  const std::filesystem::path place = folder(engine_id);
  if (Status made = create_private_directories(place); !made) {
    return made;
  }
  HmacSha256 computing(key_);
  computing.update(signed_name(engine_id, component));
  computing.update(artifact);
  const Digest signature = computing.finish();
  const std::string signature_bytes(signature.begin(), signature.end());

  const Result<UniqueFd> held = lock(place, LOCK_EX);
  if (!held) {
    return fail(held.error());
  }
  if (Status written = write_file_atomically(place / (hex(component) + ".cwasm"), artifact, 0600); !written) {
    return written;
  }
  Status written = write_file_atomically(place / (hex(component) + ".hmac"), signature_bytes, 0600);
  if (!written) {
    ::unlink((place / (hex(component) + ".cwasm")).c_str());  // Without its signature it is only a warning to come.
  }
  return written;
}

}  // namespace peko::code

#include "code/file_read.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "code/beneath.hpp"
#include "code/file_listing.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr int kTriesMax = 10;  // stale handles

/// Whether somebody wrote into the file between the two looks. The time of other changes counts only as long as the
/// file keeps its name: replacing it takes the name and sets that time, one after the other.
bool was_written(const struct stat& before, const struct stat& after) {
  const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
  return before.st_size != after.st_size || !same(before.st_mtim, after.st_mtim) ||
         (after.st_nlink > 0 && before.st_nlink == after.st_nlink && !same(before.st_ctim, after.st_ctim));
}

}  // namespace

OpenFile open_file(int root, const std::string& key) {
  for (int tries = 1;; ++tries) {
    OpenFile file{.fd = open_beneath(root, key, O_RDONLY | O_NONBLOCK | O_NOCTTY), .about = {}};
    if (file.fd && look_afresh(file.fd.get(), file.about) == 0) {
      if (S_ISREG(file.about.st_mode)) {
        return file;
      }
      errno = S_ISDIR(file.about.st_mode) ? EISDIR : ENODEV;
      return {};
    }
    const int number = errno;
    const bool again = (number == ESTALE && tries < kTriesMax) || (number == ENOENT && may_be_there(root, tries));
    errno = number;
    if (!again) {
      return {};
    }
  }
}

int read_file_range(int root, const std::string& key, OpenFile& file, const ByteRange& range,
                    const std::function<bool(std::string_view)>& take) {
  std::string piece(std::min<std::uint64_t>(kPieceBytes, range.size), '\0');
  const std::uint64_t end = range.first + range.size;
  int stale = 0;
  for (std::uint64_t at = range.first; at < end;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), end - at);
    const ssize_t got = ::pread(file.fd.get(), piece.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == ESTALE && ++stale < kTriesMax) {
      OpenFile again = open_file(root, key);
      if (!again.fd || object_info({}, again.about).etag != object_info({}, file.about).etag) {
        return kWrittenMeanwhile;
      }
      file = std::move(again);
      continue;
    }
    if (got <= 0) {
      return got == 0 ? kWrittenMeanwhile : errno;
    }
    at += static_cast<std::uint64_t>(got);
    if (!take(std::string_view(piece).substr(0, static_cast<std::size_t>(got)))) {
      return 0;
    }
  }
  struct stat after{};
  if (const int number = range.size == 0 ? 0 : look_afresh(file.fd.get(), after); number != 0) {
    return number == ESTALE ? kWrittenMeanwhile : number;
  }
  return range.size > 0 && was_written(file.about, after) ? kWrittenMeanwhile : 0;
}

}  // namespace peko::code

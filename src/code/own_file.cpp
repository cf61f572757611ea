#include "code/own_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/file.hpp"

namespace peko::code {

Result<OpenFile> open_regular(const std::filesystem::path& path) {
  OpenFile file{.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)), .about = {}};
  if (!file.fd) {
    if (errno == ELOOP) {
      return fail(Code::Denied, fmt::format("{} is a symbolic link", path.string()));
    }
    return fail(file_error("opening", path, errno));
  }
  if (::fstat(file.fd.get(), &file.about) != 0) {
    return fail(file_error("looking at", path, errno));
  }
  if (!S_ISREG(file.about.st_mode)) {
    return fail(Code::Denied, fmt::format("{} is not a regular file", path.string()));
  }
  return file;
}

Result<OpenFile> open_own(const std::filesystem::path& path) {
  Result<OpenFile> file = open_regular(path);
  if (!file) {
    return file;
  }
  if (file->about.st_uid != ::geteuid()) {
    return fail(Code::Denied, fmt::format("{} belongs to another user", path.string()));
  }
  if ((file->about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Code::Denied,
                fmt::format("{} is open to other users (mode {:04o})", path.string(), file->about.st_mode & 07777));
  }
  return file;
}

Status read_rest(const OpenFile& file, const std::filesystem::path& path,
                 const std::function<void(std::string_view)>& take) {
  std::string piece(std::size_t{256} << 10, '\0');
  for (;;) {
    const ssize_t got = ::read(file.fd.get(), piece.data(), piece.size());
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

}  // namespace peko::code

/// AssetFolder: a project's folder of static files, read as its owner edits it.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/function.hpp"

namespace peko::code {

/// Holds the folder open; any thread. Nothing outside of it is ever read, whatever links lie in it.
class AssetFolder {
 public:
  /// NotFound; Invalid: it is no folder; Denied, Unavailable.
  static Result<AssetFolder> open(const std::filesystem::path& folder);

  struct File {
    std::string path;  ///< as check_asset_path wants it
    std::uint64_t size = 0;
  };
  /// All files, in the order of their paths; without those whose name, or a folder's name, begins with '.'. Invalid,
  /// with the file and the reason: a name that no asset can have, a link that leads out of the folder or to a folder,
  /// what is neither file nor folder, a limit of `function` crossed (PEKO-ASSETS).
  Result<std::vector<File>> list(const Function& function) const;

  /// The bytes of a file as they were at one moment, at most `bytes_max`. NotFound; Invalid: too many (PEKO-ASSETS);
  /// Conflict: it does not stop changing; Denied, Unavailable.
  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) const;

  /// Whether it is a file that read() may read.
  [[nodiscard]] bool has(const std::string& path) const;

 private:
  AssetFolder(std::filesystem::path folder, UniqueFd fd) : folder_(std::move(folder)), fd_(std::move(fd)) {}
  struct Open {
    UniqueFd fd;
    struct stat about{};
  };
  Result<Open> open_file(const std::string& path) const;
  Result<std::string> read_once(const std::string& path, std::uint64_t bytes_max) const;
  [[nodiscard]] std::string shown_file(const std::string& path) const;

  std::filesystem::path folder_;
  UniqueFd fd_;
};

}  // namespace peko::code

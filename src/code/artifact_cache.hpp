/// Compiled components, kept on this machine so that each is compiled once.
///
/// An artifact is machine code: whoever can forge one runs code in the node. So each is signed by a key that only this
/// user can read, and what is handed out is an open file whose bytes were verified through the very descriptor that
/// gets mapped.
///
///   <cache_dir>/key                                     32 random bytes, 0600, made at the first start
///   <cache_dir>/artifacts/<engine-id>/<sha256>.cwasm    the artifact, 0600; <sha256> of the component
///   <cache_dir>/artifacts/<engine-id>/<sha256>.hmac     HMAC-SHA-256 over engine id, sha256 and artifact
///   <cache_dir>/artifacts/<engine-id>/lock              held while a pair is replaced or opened
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace peko::code {

/// An artifact whose signature was right, held open. Its path is valid in this process for as long as this lives.
class VerifiedArtifact {
 public:
  explicit VerifiedArtifact(UniqueFd file) : file_(std::move(file)) {}

  /// "/proc/self/fd/N": opens the verified file itself, whatever has happened to its name.
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  UniqueFd file_;
};

/// A value after open(); shared by threads and by processes of one user. All calls block: disk and, for lookup,
/// hashing.
class ArtifactCache {
 public:
  /// Makes the folders (0700) and the key when they are missing, and removes what killed processes left. Denied when
  /// others could read or replace the key, Invalid when it is damaged; else the errors of the file system.
  static Result<ArtifactCache> open(const std::filesystem::path& cache_dir);

  /// The artifact, or nothing when there is none. Every error means "compile again and store"; Denied: the entry is
  /// forged, damaged or could have been changed by others, and the message is worth a line in the log. `engine_id` is
  /// safe as a file name.
  [[nodiscard]] Result<std::optional<VerifiedArtifact>> lookup(std::string_view engine_id,
                                                               const Digest& component) const;

  /// Keeps an artifact, in place of any there is. Readers see the old pair or the new one; a crash in
  /// between leaves a pair that lookup refuses.
  [[nodiscard]] Status store(std::string_view engine_id, const Digest& component, std::string_view artifact) const;

 private:
  ArtifactCache(std::filesystem::path artifacts, std::string key)
      : artifacts_(std::move(artifacts)), key_(std::move(key)) {}

  [[nodiscard]] std::filesystem::path folder(std::string_view engine_id) const;

  std::filesystem::path artifacts_;
  std::string key_;
};

}  // namespace peko::code

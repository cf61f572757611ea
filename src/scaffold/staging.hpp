/// Staging: a new project on its way to its place.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "scaffold/names.hpp"
#include "scaffold/templates.hpp"

namespace peko::scaffold {

/// A folder of its own beside the project's place, or in it where that exists: what is written there is moved to its
/// place as a whole. Until then it can be given up without a trace, which is what the destructor does. One thread.
class Staging {
 public:
  /// Makes it, and folders above `target` that are missing. The target may exist when it is an empty folder; a
  /// repository of git alone (.git) counts as empty. Conflict: it is something else, and the message names what is in
  /// the way; Denied or Unavailable: the folder cannot be written.
  static Result<Staging> begin(const std::filesystem::path& target);

  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();

  /// Where the project is until finish().
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Where it will be, absolute.
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }

  /// Writes the files of a template. Denied, Unavailable.
  Status write(const Template& chosen, const Names& names);

  /// Moves everything to its place. Conflict when somebody else has put something there; then nothing has happened.
  Status finish();

 private:
  Staging(std::filesystem::path target, bool exists) : target_(std::move(target)), target_exists_(exists) {}
  Status make_folders();
  Status move_into_target();

  std::filesystem::path target_;
  bool target_exists_;
  std::filesystem::path folder_;             // empty: there is nothing to give up
  std::vector<std::filesystem::path> made_;  // folders above the target that were missing, outermost first
};

}  // namespace peko::scaffold

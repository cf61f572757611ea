/// DevProject: what `peko dev` knows of one project's files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/result.hpp"
#include "cli/dev_job.hpp"
#include "code/function.hpp"
#include "code/limit_table.hpp"
#include "watch/snapshot.hpp"

namespace peko::cli {

/// What has changed since a build began or, later, has ended.
struct DevChange {
  enum class Kind : std::uint8_t { Nothing, Asset, Product, Source, Settings };
  Kind kind = Kind::Nothing;
  std::filesystem::path file;  ///< the first of them
  bool sources = false;        ///< some of them are what its build reads
  bool only_removals = false;  ///< nothing but files that are gone: perhaps they are being saved at this moment
};

/// Looks at files; starts nothing and tells nobody. One thread.
class DevProject {
 public:
  /// A file that changed so often in the middle of builds is written by the build itself: a loop without end.
  static constexpr unsigned kChangesInBuildsMax = 5;

  /// `source`: a manifest, a component or a script (code::project_sources). `maxima` outlives it.
  DevProject(std::filesystem::path source, const code::LimitsMax& maxima);

  [[nodiscard]] const std::filesystem::path& source() const { return source_; }
  /// Its settings when they were last right; nothing: they never were.
  [[nodiscard]] const std::optional<code::Function>& function() const { return function_; }
  /// May refuse settings that are right in themselves.
  using Accept = std::function<Status(const code::Function&)>;
  /// Reads the settings again; changes from here on are news. On success they are the function's, and the result is
  /// what has to be done. On an error the former ones hold on: one of code::read_project, or that of `accept`.
  Result<DevJob::Work> read_settings(const Accept& accept = {});
  /// What has to be done with a function whose settings were read for the first time; after a look().
  [[nodiscard]] DevJob::Work first_work() const;

  /// While a build runs, only what matters to it: other contents of files that were there when it began. What is new
  /// may be its own, as are lock files.
  enum class During { Rest, Build };
  /// Looks at all its files.
  DevChange look(During during);
  /// The state of the last look is what is built or loaded now. Settings are not: read_settings() reads them.
  void begin();
  /// Whether the last look saw other static files than begin() did.
  [[nodiscard]] bool assets_changed() const;
  /// A build was stopped because of the last look. Returns the file that has changed in so many builds that it does not
  /// count until something else changes.
  std::optional<std::filesystem::path> blame();
  enum class Outcome { Good, Bad };
  /// A build has ended: what it wrote is no change. When it was bad, files that came meanwhile are one, once: they may
  /// be what it lacked. `inputs`: what a script's bundle was made of; empty: not known. `products`: of product_scope(),
  /// as the build left them: a later state is one. Returns as blame().
  std::optional<std::filesystem::path> end(Outcome outcome, const std::vector<std::filesystem::path>& inputs,
                                           watch::Snapshot products);

  /// Where changes would show, as of the last look.
  [[nodiscard]] const std::set<std::filesystem::path>& folders() const { return folders_; }
  /// What its build makes.
  [[nodiscard]] const watch::Scope& product_scope() const { return products_.scope; }
  /// Whether all files of the scope are looked at.
  [[nodiscard]] bool whole() const { return sources_.now.whole(); }

 private:
  struct Part {
    watch::Scope scope;
    watch::Snapshot seen;  // as of the last begin() or end()
    watch::Snapshot now;   // as of the last look()
  };

  std::optional<std::filesystem::path> count_in_build(const std::vector<std::filesystem::path>& files);
  void set_scopes(const std::vector<std::filesystem::path>& inputs);
  [[nodiscard]] bool is_written_by_builds(const std::filesystem::path& file) const;

  const std::filesystem::path source_;
  const code::LimitsMax& maxima_;
  std::optional<code::Function> function_;
  std::vector<std::filesystem::path> inputs_;  // of a script, when it was last bundled
  Part settings_;
  Part sources_;
  Part products_;
  Part assets_;
  std::set<std::filesystem::path> folders_;
  std::filesystem::file_time_type begun_;
  std::vector<std::filesystem::path> changes_;  // of the sources, at the last look
  watch::Snapshot left_;  // the sources, when a build last ran or ended: what is new since then is not its own
  std::map<std::filesystem::path, unsigned> changes_in_builds_;
  bool built_for_new_files_ = false;  // the last end() has left some to be seen
};

}  // namespace peko::cli

/// DevJob: one turn of a project in `peko dev`: build it, load it, have it answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/build_run.hpp"
#include "cli/terminal.hpp"
#include "code/function.hpp"
#include "edge/dev_channel.hpp"
#include "node/function_stage.hpp"
#include "watch/scope.hpp"
#include "watch/snapshot.hpp"

namespace peko::cli {

struct DevJob {
  enum class Work : std::uint8_t {
    Load,   ///< its code or its settings are new
    Build,  ///< its code has to be made first; a script's is its bundle
  };
  /// What tools are told about the output that they write.
  enum class Output : std::uint8_t { Plain, Coloured };

  code::Function function;
  Work work = Work::Load;
  bool serves = false;  ///< some version of it
  Output output = Output::Plain;
  watch::Scope products;  ///< what a build makes
};

/// What became of it.
struct DevJobEnd {
  enum class Kind : std::uint8_t { Serves, BuildFailed, LoadFailed, Stopped };
  Kind kind = Kind::Stopped;
  edge::BuildProblem problem;                 ///< of a failure
  std::string why;                            ///< of a failure, when the build's output does not say it
  bool serves = false;                        ///< some version of it, also after a failure
  watch::Snapshot products;                   ///< as a build has left them, before they are loaded
  std::vector<std::filesystem::path> inputs;  ///< what a script's bundle was made of; empty: it was not made
  node::From from = node::From::Cache;
  std::chrono::milliseconds build_took{};
  std::chrono::milliseconds load_took{};
};

/// Blocks. The stage is told of its end, too, unless it was stopped. A build that failed does not keep what an earlier
/// one has left from serving, when nothing else does.
DevJobEnd run_dev_job(const DevJob& job, node::FunctionStage& stage, const Environment& environment,
                      const StopWish& stop, const std::function<void(std::string_view)>& on_output);

/// What has to be done first with a function that nobody has looked at: a script and a component that is missing or
/// older than `newest_source` are built.
DevJob::Work first_work(const code::Function& function,
                        const std::optional<std::filesystem::file_time_type>& newest_source);

}  // namespace peko::cli

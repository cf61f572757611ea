#include "cli/dev_job.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "cli/build_place.hpp"
#include "cli/build_text.hpp"
#include "cli/bundle.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;
using Kind = DevJobEnd::Kind;
using std::chrono::steady_clock;

std::chrono::milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
}

Result<BuildPlan> plan_of(const DevJob& job, const Environment& environment) {
  BuildPlan plan{.command = job.function.build_command, .folder = project_folder(job.function)};
  if (!job.function.script.empty()) {
    Result<BuildPlan> bundling = bundle_plan(job.function, environment);
    if (!bundling) return bundling;
    plan = std::move(*bundling);
    if (job.output == DevJob::Output::Coloured) plan.command += " --color=true";
  }
  // Their output goes through a pipe: these are the ways to ask for colours nevertheless.
  if (job.output == DevJob::Output::Coloured) {
    plan.environment = {"CARGO_TERM_COLOR=always", "CLICOLOR_FORCE=1", "FORCE_COLOR=1"};
  }
  return plan;
}

}  // namespace

DevJob::Work first_work(const code::Function& function, const std::optional<fs::file_time_type>& newest_source) {
  if (!function.script.empty()) return DevJob::Work::Build;
  if (function.build_command.empty()) return DevJob::Work::Load;
  std::error_code missing;
  const fs::file_time_type made = fs::last_write_time(function.component, missing);
  return missing || (newest_source && *newest_source > made) ? DevJob::Work::Build : DevJob::Work::Load;
}

DevJobEnd run_dev_job(const DevJob& job, node::FunctionStage& stage, const Environment& environment,
                      const StopWish& stop, const std::function<void(std::string_view)>& on_output) {
  DevJobEnd end;
  end.serves = job.serves;
  if (job.work == DevJob::Work::Build) {
    const auto begin = steady_clock::now();
    stage.prepare(job.function);
    BuildOutput output;
    Result<BuildPlan> plan = plan_of(job, environment);
    Status built;
    if (!plan) {
      built = fail(std::move(plan.error()));
    } else {
      built = run_build_until(std::move(*plan), stop, [&](std::string_view text) {
        output.append(text);
        on_output(text);
      });
    }
    end.build_took = since(begin);
    if (stop.stopped()) return end;
    end.products = watch::Snapshot::of(job.products, {});
    if (!built) {
      end.kind = Kind::BuildFailed;
      // esbuild says it all, and its command line is ours.
      if (output.text().empty() || job.function.script.empty()) end.why = std::move(built.error().message);
      end.problem = build_problem(output.text() + end.why, project_folder(job.function));
      if (!job.function.script.empty() && end.problem.line > 0) end.problem.column++;  // esbuild counts from 0
      std::error_code missing;
      if (!job.serves && job.function.script.empty() && fs::exists(job.function.component, missing)) {
        end.serves = stage.put(job.function).has_value();
      }
      stage.fail(job.function, problem_in_a_line(end.problem));
      return end;
    }
    end.inputs = job.function.script.empty() ? std::vector<fs::path>() : bundle_inputs(job.function);
  }
  Result<node::FunctionStage::Put> put = stage.put(job.function);
  if (!put) {
    end.kind = Kind::LoadFailed;
    end.why = std::move(put.error().message);
    end.problem = {.message = end.why, .file = {}, .excerpt = {}};
    return end;
  }
  end.kind = Kind::Serves;
  end.serves = true;
  end.from = put->from;
  end.load_took = put->took;
  return end;
}

}  // namespace peko::cli

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/bundle.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/deploy_artifact.hpp"
#include "cli/deploy_view.hpp"
#include "cli/project.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/asset_folder.hpp"
#include "code/paths.hpp"
#include "code/publisher.hpp"
#include "code/script_file.hpp"
#include "code/source_map.hpp"

namespace peko::cli {
namespace {

/// Everything that is known before anything is built.
struct Plan {
  std::vector<std::string> admins;
  code::Function function;
  std::optional<code::NodeKey> key;  ///< nothing: no key file is named
};

/// The error is the exit status; what is wrong has been said.
std::expected<Plan, int> make_plan(const CommandLine& line, const Context& context, const Settings& settings) {
  Plan plan;
  Result<std::vector<std::string>> admins = admin_urls(line);
  if (!admins) return std::unexpected(give_up(line, context, admins.error(), kExitUsage));
  plan.admins = std::move(*admins);
  if (const std::string& file = settings.node.key_file; !file.empty()) {
    Result<code::NodeKey> key = code::NodeKey::read(file);
    if (!key) return std::unexpected(give_up(line, context, key.error(), kExitUsage));
    plan.key.emplace(std::move(*key));
  }
  Result<code::Function> function = function_at(line.store.path, line.store.function, settings.limits_max);
  if (!function) return std::unexpected(give_up(line, context, function.error()));
  plan.function = std::move(*function);
  for (const std::string& variable : line.store.variables) {
    if (Status set = set_variable(plan.function, variable); !set) {
      return std::unexpected(give_up(line, context, "--env: " + set.error().message, kExitUsage));
    }
  }
  return plan;
}

/// One deploy from its plan to its end.
class Deploy {
 public:
  Deploy(const CommandLine& line, const Context& context, const OpenedStore& opened, const Plan& plan)
      : line_(line),
        context_(context),
        opened_(opened),
        plan_(plan),
        steps_(context.out, context.clock, line.print_as),
        publisher_(*opened.store, context.clock) {}

  int run() {
    report_.function = plan_.function.name;
    if (Status done = prepare(); !done) return failed(done.error());
    if (line_.store.dry_run) {
      tell_dry_run();
      return kExitOk;
    }
    if (Status done = publish(); !done) return failed(done.error());
    report_.nodes = confirm(steps_, context_, opened_.settings, plan_.admins,
                            {.function = plan_.function.name, .revision = report_.published.deployment.revision});
    tell_report();
    return status_of(report_.nodes);
  }

 private:
  /// Until there is something to send. Nothing has changed when it fails.
  Status prepare() {
    // First of all, because a build can take minutes: is the store there?
    steps_.begin("looking into " + opened_.store->shown());
    const Result<code::Deployment> before = publisher_.current(plan_.function.name);
    if (!before && before.error().code != Code::NotFound) return fail(before.error());
    steps_.drop();
    if (Status built = build(); !built) return built;
    if (Status found = find_assets(); !found) return found;
    if (!plan_.function.has_code()) {
      report_.kind = code::CodeKind::None;
      report_.artifact = artifact_.is = ArtifactPlan::Is::None;
      return {};
    }
    return plan_.function.script.empty() ? prepare_component() : prepare_script();
  }

  /// Before minutes of compiling: whether they can be deployed.
  Status find_assets() {
    if (plan_.function.assets.empty()) return {};
    steps_.begin("looking for static files");
    const Result<code::AssetFolder> folder = code::AssetFolder::open(plan_.function.assets);
    if (!folder) return fail(folder.error());
    const auto files = folder->list(plan_.function);
    if (!files) return fail(files.error());
    AssetsFound& found = report_.assets.emplace(AssetsFound{.files = files->size()});
    for (const code::AssetFolder::File& file : *files) found.bytes += file.size;
    steps_.done("found", fmt::format("{}, {} {}, {}", code::shown(plan_.function.assets), found.files,
                                     found.files == 1 ? "file" : "files", human_bytes(found.bytes)));
    return {};
  }

  Status prepare_script() {
    if (Status made = bundle(plan_.function, context_); !made) return made;
    Result<std::string> text = code::read_bundle(plan_.function);
    if (!text) return fail(std::move(text.error()));
    component_.bytes = std::move(*text);
    component_.hash = sha256(component_.bytes);
    report_.kind = code::CodeKind::Script;
    read_source_map();
    if (Status noted = note_code("bundled", plan_.function.script); !noted) return noted;
    const HowFar how = line_.store.dry_run ? HowFar::DryRun : HowFar::All;
    return note_artifact(
        plan_script_engine(plan_.key, how, opened_.settings.node.compile, *opened_.store, context_, steps_),
        code::shown(plan_.function.script));
  }

  /// Without a map the logs say less, and everything else is as it should be: no reason to fail.
  void read_source_map() {
    if (line_.store.no_source_map) return;
    const Result<std::string> map = code::read_map_beside(code::bundle_file(plan_.function));
    Result<std::string> compact = map ? code::compact_source_map(*map) : fail(map.error());
    if (compact && compact->size() > code::kSourceMapBytesMax) {
      compact = fail(Code::Invalid, fmt::format("{} is more than {}", human_bytes(compact->size()),
                                                human_bytes(code::kSourceMapBytesMax)));
    }
    if (compact) {
      source_map_ = std::move(*compact);
    } else {
      steps_.warn("no source map", compact.error().message + "; logs will name lines of the bundle");
    }
    report_.source_map_bytes = source_map_.size();
  }

  Status prepare_component() {
    steps_.begin("checking the component");
    Result<CheckedComponent> component = check_component_of(plan_.function);
    if (!component) return fail(std::move(component.error()));
    component_ = std::move(*component);
    if (Status noted = note_code("checked", plan_.function.component); !noted) return noted;
    return note_artifact(plan_artifact(component_, plan_.key, report_.component_was_there,
                                       opened_.settings.node.compile, *opened_.store, context_, steps_),
                         code::shown(plan_.function.component));
  }

  Status note_artifact(Result<ArtifactPlan> artifact, const std::string& file) {
    if (!artifact) return fail(std::move(artifact.error()), file);
    artifact_ = std::move(*artifact);
    report_.artifact = artifact_.is;
    report_.engine_id = artifact_.engine_id;
    report_.artifact_bytes = artifact_.signed_bytes.size();
    return {};
  }

  /// What the code is, and whether the store has it.
  Status note_code(std::string_view done, const std::filesystem::path& file) {
    report_.component = component_.hash;
    report_.component_bytes = component_.bytes.size();
    steps_.done(done, fmt::format("{}, {}, sha256 {}", code::shown(file), human_bytes(component_.bytes.size()),
                                  hex(component_.hash).substr(0, 12)));
    steps_.begin(fmt::format("looking for the {} in the store", word_of(report_.kind)));
    const Result<code::ObjectInfo> there = opened_.store->stat(code::code_key(report_.kind, component_.hash));
    if (!there && there.error().code != Code::NotFound) return fail(there.error());
    steps_.drop();
    report_.component_was_there = there.has_value();
    return {};
  }

  Status build() {
    if (line_.store.no_build || plan_.function.build_command.empty()) return {};
    steps_.say(fmt::format("  $ {}\n", printable(plan_.function.build_command)));
    if (Status built = build_project(plan_.function, line_, context_); !built) return built;
    steps_.done("built", plan_.function.build_command);
    return {};
  }

  /// The code first, the pointer last.
  Status publish() {
    if (Status sent = send_artifact(artifact_, *opened_.store, steps_); !sent) return sent;
    const std::string what = fmt::format("the {}", word_of(report_.kind));
    steps_.begin("sending " + (report_.assets ? "the static files" : what));
    Result<code::Published> published = publisher_.deploy(
        {.settings = plan_.function,
         .component = component_.bytes,
         .source_map = source_map_,
         .weight = line_.store.weight},
        reason_of(line_, context_),
        [&](std::uint64_t sent, std::uint64_t all) { steps_.update(sending(what, sent, all)); },
        [&](const code::AssetsSent& sent) {
          steps_.update(fmt::format("sending static files: {} of {}", sent.files, sent.files_all));
        });
    if (!published) return fail(std::move(published.error()));
    report_.published = std::move(*published);
    std::string sent = code::version_name(report_.published.version);
    if (report_.published.component_sent) {
      sent += fmt::format(", {} sent", human_bytes(component_.bytes.size()));
    } else if (report_.kind != code::CodeKind::None) {
      sent += ", the store had " + what;
    }
    if (report_.published.assets) sent += "; " + shown_assets(*report_.published.assets);
    steps_.done("current", sent);
    return {};
  }

  int failed(const Error& error) {
    steps_.drop();
    return give_up(line_, context_, error);
  }

  void tell_dry_run() {
    if (line_.print_as == PrintAs::Json) {
      context_.out.write(dry_run_json(report_));
    } else {
      steps_.say(dry_run_text(report_));
    }
  }

  void tell_report() {
    if (line_.print_as == PrintAs::Json) {
      context_.out.write(report_json(report_));
    } else {
      steps_.say(report_text(context_.out, report_, plan_.function, opened_.settings, same_store(line_)));
    }
  }

  const CommandLine& line_;
  const Context& context_;
  const OpenedStore& opened_;
  const Plan& plan_;
  Steps steps_;
  code::Publisher publisher_;
  CheckedComponent component_;
  std::string source_map_;
  ArtifactPlan artifact_;
  DeployReport report_;
};

}  // namespace

int deploy(const CommandLine& line, const Context& context) {
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  const std::expected<Plan, int> plan = make_plan(line, context, opened->settings);
  if (!plan) return plan.error();
  return Deploy(line, context, *opened, *plan).run();
}

}  // namespace peko::cli

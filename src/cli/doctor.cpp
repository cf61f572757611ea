#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/project.hpp"
#include "cli/store_options.hpp"
#include "code/catalog.hpp"
#include "code/node_key.hpp"
#include "code/paths.hpp"
#include "doctor/data_folder.hpp"
#include "doctor/folders.hpp"
#include "doctor/machine.hpp"
#include "doctor/network.hpp"
#include "doctor/toolchains.hpp"
#include "node/memory_budget.hpp"

namespace peko::cli {
namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::State;

/// The smallest component: a head, and nothing behind it (component model, Binary.md).
constexpr std::string_view kEmptyComponent("\0asm\x0d\0\x01\0", 8);

/// The patient: what is looked at, and for whom.
struct Patient {
  const CommandLine& line;
  const Context& context;
  const Settings& settings;
  [[nodiscard]] bool serves() const { return !settings.code.empty(); }
};

std::string variable(const Context& context, std::string_view name) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::string() : found->second;
}

/// The whole way of a component: the child process, its confinement, the engine's compiler.
Finding check_compiler(const Patient& patient) {
  Finding finding{.area = "machine", .subject = "compiler", .state = State::Ok, .detail = {}, .fix = {}};
  const auto begun = patient.context.clock.now();
  const Result<node::Compiled> compiled = patient.context.compile_in_child(kEmptyComponent, {});
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(patient.context.clock.now() - begun);
  if (!compiled) {
    finding.state = State::Fail;
    finding.detail = compiled.error().message;
    finding.fix = "permit this program to start itself (/proc mounted, no `noexec`), or run it elsewhere";
  } else if (!compiled->warning.empty()) {
    finding.state = State::Warn;
    finding.detail = compiled->warning;
    finding.fix = "run it on a kernel, or in a container, that permits seccomp filters";
  } else {
    finding.detail = fmt::format("compiles in a confined child process, {} ms", took.count());
  }
  return finding;
}

Findings check_machine(const Patient& patient) {
  Findings findings = {doctor::check_cpu()};
  findings.push_back(check_compiler(patient));
  for (Finding& finding : doctor::check_limits(patient.settings.node, node::system_limits())) {
    findings.push_back(std::move(finding));
  }
  findings.push_back(doctor::check_memory(node::available_memory()));
  for (Finding& finding : doctor::check_watches("/")) findings.push_back(std::move(finding));
  findings.push_back(doctor::check_clock(patient.context.clock.wall_now(), doctor::clock_is_synchronised()));
  return findings;
}

Findings check_network(const Patient& patient) {
  const node::Config& node = patient.settings.node;
  Findings findings = {doctor::check_port("--listen", node.listen, "/")};
  if (!node.admin.empty()) findings.push_back(doctor::check_port("--admin", node.admin, "/"));
  findings.push_back(doctor::check_name(node.domain));
  return findings;
}

/// Whether the store answers.
Finding check_store(const Patient& patient) {
  Finding finding{.area = "folders", .subject = "code store", .state = State::Fail, .detail = {}, .fix = {}};
  const auto ignore = [](std::string_view) {};
  const Result<std::unique_ptr<code::Store>> store = patient.context.open_store(patient.settings.code, ignore);
  const Result<code::Catalog> catalog = store ? code::read_catalog(**store) : fail(store.error());
  if (catalog) {
    finding.state = State::Ok;
    finding.detail = fmt::format("{}, {} functions", (*store)->shown(), catalog->functions.size());
    return finding;
  }
  finding.detail = catalog.error().message;
  finding.fix = patient.settings.code.starts_with("s3://")
                    ? "check the URL, the credentials (AWS_...) and the network"
                    : fmt::format("mkdir -p {}, or another --code", code::shown(patient.settings.code));
  return finding;
}

/// Where key-value stores are to be; without a folder for them only functions that want one do not work.
Finding check_data(const std::string& data_dir) {
  if (!data_dir.empty()) {
    const std::filesystem::path stores = node::key_value_folder(data_dir);
    std::error_code ignored;
    const bool made = std::filesystem::exists(stores, ignored);
    return doctor::check_data_folder(made ? stores : stores.parent_path(), "--data-dir FOLDER");
  }
  return {.area = "folders",
          .subject = "data",
          .state = State::Warn,
          .detail = "functions cannot keep anything: no folder is known (HOME is not set)",
          .fix = "--data-dir FOLDER"};
}

Findings check_folders(const Patient& patient) {
  const Settings& settings = patient.settings;
  Findings findings = {doctor::check_folder("cache", settings.node.cache_dir, "--cache-dir FOLDER", State::Fail)};
  findings.push_back(check_data(settings.node.data_dir));
  if (!settings.node.key_file.empty()) {
    const Result<code::NodeKey> key = code::NodeKey::read(settings.node.key_file);
    findings.push_back({.area = "folders",
                        .subject = "node key",
                        .state = key ? State::Ok : State::Fail,
                        .detail = key ? settings.node.key_file : key.error().message,
                        .fix = key ? "" : "a copy of the nodes' key, mode 0600"});
  }
  if (!patient.serves()) return findings;
  findings.push_back(check_store(patient));
  if (!settings.code.starts_with("s3://") && findings.back().state == State::Ok) {
    Finding writable = doctor::check_folder("code store", settings.code, "deploy as another user", State::Warn);
    if (writable.state != State::Ok) findings.push_back(std::move(writable));
  }
  return findings;
}

/// The project's manifest, and its code where that is built.
Findings check_project(const Patient& patient, std::optional<code::Function>& function) {
  Finding finding{.area = "project", .subject = "settings", .state = State::Fail, .detail = {}, .fix = {}};
  Result<code::Function> read = function_at(patient.line.tool.path, "", patient.settings.limits_max);
  if (!read) {
    finding.detail = read.error().message;
    finding.fix = "put it right there; docs/functions.md has all keys";
    return {finding};
  }
  function = std::move(*read);
  finding.state = State::Ok;
  finding.detail = fmt::format("{}: {}", function->name,
                               code::shown(function->manifest.empty() ? function->component : function->manifest));
  Findings findings = {finding};
  if (!function->script.empty()) {
    std::error_code ignored;
    const bool there = std::filesystem::is_regular_file(function->script, ignored);
    findings.push_back({.area = "project",
                        .subject = "script",
                        .state = there ? State::Ok : State::Fail,
                        .detail = code::shown(function->script) + (there ? "" : " does not exist"),
                        .fix = there ? "" : "correct `script` in the manifest"});
    return findings;
  }
  const Result<CheckedComponent> component = check_component_of(*function);
  findings.push_back(
      {.area = "project",
       .subject = "component",
       .state = component ? State::Ok : State::Fail,
       .detail = component ? code::shown(function->component) + ": Peko can run it" : component.error().message,
       .fix = component ? "" : "peko build " + code::shown(patient.line.tool.path)});
  return findings;
}

/// Where a project's tools are looked for: beside its manifest or its script.
std::filesystem::path folder_of(const std::optional<code::Function>& function) {
  std::error_code gone;  // an empty path then, where nothing is found
  if (!function) return std::filesystem::current_path(gone);
  if (!function->manifest.empty()) return function->manifest.parent_path();
  return (function->script.empty() ? function->component : function->script).parent_path();
}

/// What builds the project; a component without one needs nothing.
std::vector<doctor::Language> languages_of(const code::Function& function) {
  using enum doctor::Language;
  std::vector<doctor::Language> languages;
  if (!function.manifest.empty()) languages = doctor::languages_of(function.manifest.parent_path());
  if (!function.script.empty() && std::ranges::find(languages, JavaScript) == languages.end()) {
    languages.push_back(JavaScript);
  }
  return languages;
}

/// All of them may be missing where no project is named, none of a project's.
Findings check_tools(const Patient& patient, const std::optional<code::Function>& function) {
  const doctor::Tools tools{.path = variable(patient.context, "PATH"),
                            .wasi_sdk = variable(patient.context, "WASI_SDK"),
                            .home = variable(patient.context, "HOME"),
                            .folder = folder_of(function)};
  using enum doctor::Language;
  Findings findings;
  for (const doctor::Language language : function ? languages_of(*function) : std::vector{Rust, JavaScript, C}) {
    for (Finding& finding : doctor::check_tools(language, tools, function ? State::Fail : State::Warn)) {
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

/// All checks, in the order in which they are told.
Findings examine(const Patient& patient) {
  Findings all = check_machine(patient);
  const auto add = [&all](Findings more) {
    for (Finding& finding : more) all.push_back(std::move(finding));
  };
  add(check_network(patient));
  add(check_folders(patient));
  std::optional<code::Function> function;
  if (!patient.line.tool.path.empty()) add(check_project(patient, function));
  add(check_tools(patient, function));
  return all;
}

std::string as_text(const Terminal& out, const Findings& findings) {
  std::string text;
  std::string_view area;
  for (const Finding& finding : findings) {
    if (finding.area != area) text += fmt::format("\n{}\n", out.styled(Terminal::Style::Bold, finding.area));
    area = finding.area;
    const Terminal::Style style = finding.state == State::Ok     ? Terminal::Style::Green
                                  : finding.state == State::Warn ? Terminal::Style::Yellow
                                                                 : Terminal::Style::Red;
    text += fmt::format("  {}  {:<13} {}\n", out.styled(style, fmt::format("{:<4}", to_string(finding.state))),
                        finding.subject, printable(finding.detail));
    if (!finding.fix.empty()) text += fmt::format("        {:<13} -> {}\n", "", printable(finding.fix));
  }
  return text + "\n";
}

std::string as_json(const Findings& findings, bool ok) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(ok).key("checks").begin_array();
  for (const Finding& finding : findings) {
    json.begin_object().key("area").value(finding.area).key("subject").value(finding.subject);
    json.key("status").value(to_string(finding.state)).key("detail").value(finding.detail);
    if (!finding.fix.empty()) json.key("fix").value(finding.fix);
    json.end_object();
  }
  json.end_array().end_object();
  return text + "\n";
}

/// As `peko serve` would have them where a code store is named, else as `peko dev`.
Result<Settings> settings_for(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings || !settings->code.empty()) return settings;
  CommandLine as_dev = line;
  as_dev.command = Command::Dev;
  return settings_of(as_dev, context);
}

}  // namespace

int doctor(const CommandLine& line, const Context& context) {
  const Result<Settings> settings = settings_for(line, context);
  if (!settings) return give_up(line, context, settings.error(), kExitUsage);
  Progress progress(context.out);
  progress.begin("looking at this machine");
  const Findings findings = examine({.line = line, .context = context, .settings = *settings});
  progress.end();
  const auto count = [&](State state) { return std::ranges::count(findings, state, &Finding::state); };
  const bool ok = count(State::Fail) == 0;
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(findings, ok));
    return ok ? kExitOk : kExitFailed;
  }
  std::string text = as_text(context.out, findings);
  text += ok ? fmt::format("  {} ok, {} to look at\n", count(State::Ok), count(State::Warn))
             : fmt::format("  {} ok, {} to look at, {} to mend first\n", count(State::Ok), count(State::Warn),
                           count(State::Fail));
  context.out.write(text);
  return ok ? kExitOk : kExitFailed;
}

}  // namespace peko::cli

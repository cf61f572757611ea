#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <system_error>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/input.hpp"
#include "cli/new_questions.hpp"
#include "cli/repository.hpp"
#include "cli/steps.hpp"
#include "cli/stop_signals.hpp"
#include "cli/store_options.hpp"
#include "code/paths.hpp"
#include "doctor/toolchains.hpp"
#include "scaffold/staging.hpp"

namespace peko::cli {
namespace {

/// What is to be made.
struct Order {
  std::filesystem::path path;
  scaffold::Names names;
  const scaffold::Template* chosen = nullptr;
};

struct Made {
  std::filesystem::path folder;
  doctor::Findings missing = {};  ///< tools
  Repository repository = Repository::NotWanted;
};

int print_list(const CommandLine& line, const Context& context) {
  if (line.print_as == PrintAs::Text) {
    context.out.write(listed_templates(context.out, Numbers::Hide));
    return kExitOk;
  }
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("templates").begin_array();
  for (const scaffold::Template& each : scaffold::templates()) {
    json.begin_object().key("name").value(each.name).key("language").value(each.language);
    json.key("about").value(each.about).key("sample").value(each.sample).end_object();
  }
  json.end_array().end_object();
  context.out.write(text + "\n");
  return kExitOk;
}

/// Whom to ask for what was not given; nobody without a terminal, or when the answer is for programs.
std::optional<Input> person(const CommandLine& line, const Context& context) {
  const Input in(context.in);
  const bool there = line.print_as == PrintAs::Text && in.is_terminal() && context.err.kind() != Terminal::Kind::Plain;
  return there ? std::optional(in) : std::nullopt;
}

Result<std::filesystem::path> read_path(const CommandLine& line, const Context& context) {
  if (!line.project.path.empty()) return line.project.path;
  const std::optional<Input> in = person(line, context);
  if (!in) return fail(Code::Invalid, "PATH is required: the project's folder, for instance `peko new my-app`");
  Result<std::string> path = ask_path(*in, context.err);
  if (!path) return fail(std::move(path.error()));
  return std::move(*path);
}

Result<const scaffold::Template*> read_template(const CommandLine& line, const Context& context) {
  std::vector<std::string> names;
  for (const scaffold::Template& each : scaffold::templates()) names.emplace_back(each.name);
  const std::string& wanted = line.project.chosen;
  if (wanted.empty()) {
    if (const std::optional<Input> in = person(line, context)) return ask_template(*in, context.err);
    return fail(Code::Invalid, fmt::format("--template is required: one of {}", fmt::join(names, ", ")));
  }
  if (const scaffold::Template* chosen = scaffold::find_template(wanted); chosen != nullptr) return chosen;
  const auto near = nearest(wanted, names);
  return fail(Code::Invalid, fmt::format("there is no template \"{}\"{}: see `peko new --list`", wanted,
                                         near ? fmt::format("; did you mean {}?", *near) : ""));
}

/// Invalid: what was typed is wrong, or something is missing that nobody can be asked for; Unavailable: the person whom
/// it was asked has gone.
Result<Order> read_order(const CommandLine& line, const Context& context) {
  Order order;
  if (!line.project.chosen.empty()) {  // a mistake in it is told before anything is asked
    if (const auto chosen = read_template(line, context); !chosen) return fail(chosen.error());
  }
  Result<std::filesystem::path> path = read_path(line, context);
  if (!path) return fail(std::move(path.error()));
  order.path = std::move(*path);
  const std::string& function = line.project.function;
  Result<scaffold::Names> names = function.empty() ? scaffold::names_of(order.path) : scaffold::names_for(function);
  if (!names) return fail(std::move(names.error()));
  order.names = std::move(*names);
  const Result<const scaffold::Template*> chosen = read_template(line, context);
  if (!chosen) return fail(chosen.error());
  order.chosen = *chosen;
  return order;
}

/// The project is there as a whole, or there is nothing of it.
Result<Made> make(const Order& order, const NewWords& words, const Context& context) {
  const StopSignals signals;
  Result<scaffold::Staging> staging = scaffold::Staging::begin(order.path);
  if (!staging) return fail(std::move(staging.error()));
  if (Status written = staging->write(*order.chosen, order.names); !written) return fail(std::move(written.error()));
  Made made{.folder = staging->target()};
  if (!words.no_git) {
    const Result<Repository> repository = make_repository(staging->folder(), staging->target(), context);
    if (!repository) return fail(repository.error().code, repository.error().message + ": nothing was made");
    made.repository = *repository;
  }
  if (StopSignals::stopped()) return fail(Code::Unavailable, "stopped: nothing was made");
  if (Status moved = staging->finish(); !moved) return fail(std::move(moved.error()));
  return made;
}

/// What building the project needs and this machine lacks. esbuild comes with the project's packages.
doctor::Findings missing_tools(const scaffold::Template& chosen, const Context& context) {
  const auto variable = [&](std::string_view name) {
    const auto found = context.environment.find(name);
    return found == context.environment.end() ? std::string() : found->second;
  };
  const doctor::Language language = chosen.has("Cargo.toml")     ? doctor::Language::Rust
                                    : chosen.has("package.json") ? doctor::Language::JavaScript
                                                                 : doctor::Language::C;
  doctor::Findings findings = doctor::check_tools(
      language, {.path = variable("PATH"), .wasi_sdk = variable("WASI_SDK"), .home = variable("HOME"), .folder = {}},
      doctor::State::Fail);
  std::erase_if(findings, [](const doctor::Finding& finding) {
    return finding.state == doctor::State::Ok || finding.subject == "esbuild";
  });
  return findings;
}

/// What to type next, in this order.
std::vector<std::string> next_commands(const Order& order, const Made& made) {
  std::vector<std::string> commands;
  std::error_code error;
  if (std::filesystem::current_path(error) != made.folder) commands.push_back("cd " + shell_word(order.path.string()));
  if (order.chosen->has("package.json")) commands.emplace_back("npm install");
  commands.emplace_back("peko dev");
  return commands;
}

std::string as_json(const Order& order, const Made& made) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("function").value(order.names.function);
  json.key("template").value(order.chosen->name).key("folder").value(made.folder.string());
  json.key("files").value(order.chosen->files.size());
  json.key("git").value(made.repository == Repository::Made);
  json.key("next").begin_array();
  for (const std::string& command : next_commands(order, made)) json.value(command);
  json.end_array().key("missing").begin_array();
  for (const doctor::Finding& tool : made.missing) {
    json.begin_object().key("tool").value(tool.subject).key("detail").value(tool.detail);
    json.key("fix").value(tool.fix).end_object();
  }
  json.end_array().key("test").value(order.chosen->test).end_object();
  return text + "\n";
}

std::string farewell(const Terminal& out, const Order& order, const Made& made) {
  std::string text;
  for (const doctor::Finding& tool : made.missing) {
    text += fmt::format("  {} {}: {}\n    {}\n", out.styled(Terminal::Style::Yellow, "!"), tool.subject,
                        printable(tool.detail), printable(tool.fix));
  }
  text += "\n";
  for (const std::string& command : next_commands(order, made)) {
    text += fmt::format("  {}\n", out.styled(Terminal::Style::Bold, printable(command)));
  }
  return text + fmt::format("\n  Then open http://{}.localhost:3000/; `{}` tests it, peko.toml shows every setting.\n",
                            order.names.function, order.chosen->test);
}

}  // namespace

int new_project(const CommandLine& line, const Context& context) {
  if (line.project.list) return print_list(line, context);
  const Result<Order> order = read_order(line, context);
  if (!order) {
    return give_up(line, context, order.error(), order.error().code == Code::Invalid ? kExitUsage : kExitFailed);
  }
  Steps steps(context.out, context.clock, line.print_as);
  steps.begin("writing");
  Result<Made> made = make(*order, line.project, context);
  if (!made) {
    steps.drop();
    return give_up(line, context, made.error());
  }
  steps.done("made", fmt::format("{} from the template {}: {} files, {}", code::shown(made->folder),
                                 order->chosen->name, order->chosen->files.size(), shown(made->repository)));
  steps.begin("looking for its tools");
  made->missing = missing_tools(*order->chosen, context);
  steps.drop();
  context.out.write(line.print_as == PrintAs::Json ? as_json(*order, *made) : farewell(context.out, *order, *made));
  return kExitOk;
}

}  // namespace peko::cli

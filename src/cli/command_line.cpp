#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "cli/command_tree.hpp"

namespace peko::cli {
namespace {

constexpr std::string_view kExitStatuses = "\nExit status: 0 success, 1 failed, 2 wrong usage or settings";

constexpr std::string_view kSettingsNote =
    "\nEach setting may also come from the environment (PEKO_LISTEN, PEKO_THREADS, ...) or from peko-node.toml\n"
    "(listen = \"127.0.0.1:3000\"). A flag wins over the environment, the environment over the file.\n"
    "Secrets have no flag: PEKO_ADMIN_TOKEN (admin_token in the file), what the operator shows to /metrics and /api, "
    "and\n"
    "PEKO_ALERT_WEBHOOK (alert_webhook), a URL that is told of trouble.\n";

constexpr std::string_view kDevExamples =
    "Examples:\n"
    "  peko dev                                   the project in this folder, or all projects below it\n"
    "  peko dev samples                           every project in a folder\n"
    "  peko dev hello.wasm                        one component, with default settings\n"
    "  peko dev app.ts --open                     a script, bundled by esbuild, shown in the browser\n"
    "  peko dev api site --listen 127.0.0.1:8000  two projects on another port\n";

constexpr std::string_view kServeExamples =
    "Examples:\n"
    "  peko serve --code /srv/peko               serves /srv/peko/functions/NAME.wasm at NAME.localhost:8080\n"
    "  peko serve --code /srv/peko --domain fn.example.com --listen 0.0.0.0:80\n"
    "  PEKO_CODE=/srv/peko peko serve            the same from the environment\n"
    "  peko serve --config /etc/peko/node.toml   settings from a file\n";

constexpr std::string_view kCheckExamples =
    "Examples:\n"
    "  peko check build/todo.wasm          each import, whether Peko has it, and what to do if not\n"
    "  peko check build/todo.wasm --json   the same for programs\n";

constexpr std::string_view kMainFooter =
    "Examples:\n"
    "  peko new todo-api --template ts  a project to start from\n"
    "  peko dev samples                 runs every function of a folder on http://127.0.0.1:3000\n"
    "  peko serve --code /srv/peko      a production node\n"
    "  peko check hello.wasm            can Peko run it?\n"
    "  peko deploy --code /srv/peko     makes the function in this folder live on all nodes that read it\n"
    "  peko doctor                      is something missing on this machine?\n"
    "  peko dev --help                  all flags of a command\n";

/// Where CLI11 puts what it reads. A flag given twice is noticed by us, because the message can be better.
struct Parsed {
  std::map<std::string, std::vector<std::string>, std::less<>> flags;
  std::vector<std::string> config;
  std::vector<std::string> paths;
  std::string input;
  std::string output;
  std::string known;
  std::string known_next;
  std::string rehearsal;
  std::uint32_t compile_memory_mb = node::CompileLimits().memory_mb;
  std::int64_t compile_seconds = node::CompileLimits().cpu.count();
  std::string hash;
  std::vector<std::uint32_t> offsets;
  bool json = false;
  NewWords project;
  bool no_live_reload = false;
  bool no_watch = false;
  bool open = false;
  StoreWords store;
  LogWords logs;
  ToolWords tool;
};

CLI::Option* add_text_option(CLI::App& command, std::string_view flag, std::vector<std::string>& values,
                             std::string_view value, std::string_view help) {
  return command.add_option(std::string(flag), values, std::string(help))
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name(std::string(value));
}

void add_settings(CLI::App& command, Command which, Parsed& parsed) {
  for (const Setting& setting : all_settings()) {
    if (!takes(which, setting) || setting.flag.empty()) {
      continue;
    }
    std::vector<std::string>& values = parsed.flags[std::string(setting.key)];
    CLI::Option* option = add_text_option(command, setting.flag, values, setting.value, setting.help);
    if (setting.key.starts_with("limits_max.")) {
      option->group("The most that [limits] of a manifest may ask for");
    }
  }
  add_text_option(command, "--config", parsed.config, "FILE",
                  which == Command::Dev ? "settings" : "settings; ./peko-node.toml when it is there");
}

/// All flags of a command, for suggestions.
std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

Answer usage_error(std::string_view command, std::string_view what) {
  const std::string name = command.empty() ? "peko" : fmt::format("peko {}", command);
  return {kExitUsage, fmt::format("{}: {}\nTry `{} --help`.\n", name, what, name)};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near ? fmt::format("; did you mean {}?", *near) : std::string();
}

/// The whole tree of commands, bound to `parsed`.
struct Tree {
  CLI::App app{"Peko runs functions: WebAssembly components that answer HTTP requests.", "peko"};
  std::vector<NamedCommand> commands;

  Tree(Parsed& parsed, std::string_view version) {
    app.set_version_flag("--version", std::string(version), "The versions of Peko and of wasmtime, and the licence");
    app.set_help_flag("--help,-h", "This text");
    app.footer(std::string(kMainFooter).append(kExitStatuses));
    app.require_subcommand(1);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->label("Subcommands", "Commands");

    CLI::App* project = add_new_command(app, parsed.project, parsed.json);

    CLI::App* dev = app.add_subcommand(
        "dev", "Runs functions on this machine while you write them: builds, serves, watches, swaps");
    dev->add_option(
           "PATH", parsed.paths,
           "project folders (with a peko.toml), folders of projects, .wasm files or scripts; default: this folder")
        ->type_name("");
    dev->add_flag("--no-live-reload", parsed.no_live_reload,
                  "adds nothing to pages; without it they reload when their function has changed");
    dev->add_flag("--open", parsed.open, "opens the first function in a browser");
    dev->add_flag("--no-watch", parsed.no_watch, "builds and serves what there is now, whatever changes");
    add_settings(*dev, Command::Dev, parsed);
    dev->footer(std::string(kDevExamples).append(kSettingsNote).append(kExitStatuses));

    CLI::App* serve = app.add_subcommand("serve", "A production node: serves the functions of a code store");
    add_settings(*serve, Command::Serve, parsed);
    serve->footer(std::string(kServeExamples).append(kSettingsNote).append(kExitStatuses));

    CLI::App* check = app.add_subcommand("check", "Says whether Peko can run a component, and what to change if not");
    check->add_option("FILE", parsed.input, "the component, a .wasm file")->required()->type_name("");
    check->add_flag("--json", parsed.json, "one JSON object in place of the table");
    check->footer(std::string(kCheckExamples).append(kExitStatuses));

    commands = add_store_commands(app, parsed.store, parsed.json);
    commands.push_back(add_log_command(app, parsed.logs, parsed.json));
    for (const auto& [command, which] : commands) {
      if (which != Command::Build) add_settings(*command, which, parsed);
    }

    const std::vector<NamedCommand> tools = add_tool_commands(app, parsed.tool, parsed.json);
    add_settings(*tools.front().first, Command::Doctor, parsed);
    commands.insert(commands.end(), tools.begin(), tools.end());

    CLI::App* compile_worker =
        app.add_subcommand("compile-worker", "Internal: compiles one component, as a child of a node");
    compile_worker->group("");
    compile_worker->add_option("--output", parsed.output, "the artifact")->required()->type_name("FILE");
    compile_worker->add_option("--memory-mb", parsed.compile_memory_mb, "memory that it may take")->type_name("N");
    compile_worker->add_option("--cpu-seconds", parsed.compile_seconds, "CPU time that it may take")->type_name("N");
    CLI::Option* known = compile_worker->add_option("--known", parsed.known, "what was compiled before");
    CLI::Option* next = compile_worker->add_option("--known-next", parsed.known_next, "the same for the next time");
    known->type_name("FILE");
    known->needs(next);
    next->type_name("FILE");
    next->needs(known);
    CLI::Option* rehearsal = compile_worker->add_option(
        "--rehearsal", parsed.rehearsal,
        "a component that is compiled first, for practice, if the file has one; then a byte on the standard input says "
        "that INPUT is there");
    rehearsal->type_name("FILE");
    rehearsal->needs(known);
    compile_worker->add_option("INPUT", parsed.input, "the component")->required()->type_name("");
    compile_worker->footer(std::string(kExitStatuses));

    CLI::App* symbolise_worker =
        app.add_subcommand("symbolise-worker", "Internal: finds source lines, as a child of a node");
    symbolise_worker->group("");
    symbolise_worker->add_option("--hash", parsed.hash, "what the component has to be")->required()->type_name("HEX");
    symbolise_worker->add_option("--offset", parsed.offsets, "where in it")->required()->type_name("N");
    symbolise_worker->add_option("INPUT", parsed.input, "the component")->required()->type_name("");

    commands.insert(commands.end(), {{project, Command::New},
                                     {dev, Command::Dev},
                                     {serve, Command::Serve},
                                     {check, Command::Check},
                                     {compile_worker, Command::CompileWorker},
                                     {symbolise_worker, Command::SymboliseWorker}});
    for (const auto& [command, which] : commands) {
      command->allow_extras();
    }
  }

  /// What was typed, as far as it is a command: `peko secret` is not yet one.
  [[nodiscard]] const CLI::App* chosen() const {
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
    }
    return at == &app ? nullptr : at;
  }

  [[nodiscard]] Command command() const {
    const auto found = std::ranges::find(commands, chosen(), [](const NamedCommand& known) { return known.first; });
    PEKO_ASSERT(found != commands.end(), "CLI11 ends without an error only in a command of the list");
    return found->second;
  }

  /// "secret set"
  [[nodiscard]] std::string name() const {
    std::string name;
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      name.append(name.empty() ? "" : " ").append(at->get_name());
    }
    return name;
  }
};

/// CLI11's messages in our words.
Answer parse_failure(const CLI::ParseError& error, const std::string& name) {
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return usage_error(name, fmt::format("{} needs a value", what.substr(0, what.find(':'))));
  }
  return usage_error(name, what);
}

std::optional<Answer> unknown_word(const CLI::App& command, const std::string& name) {
  for (const std::string& word : command.remaining()) {
    if (word.starts_with('-') && word != "--") {
      const std::string flag = word.substr(0, word.find('='));
      return usage_error(name, fmt::format("unknown flag {}{}", flag, did_you_mean(flag, flags_of(command))));
    }
    return usage_error(name, fmt::format("unexpected argument \"{}\"", word));
  }
  return std::nullopt;
}

/// What is wrong with the first word after `parent`, where a command or a flag of its own has to be.
std::optional<Answer> no_command(const CLI::App& parent, const std::string& name, const std::string& word) {
  if (word.starts_with('-')) {
    std::vector<std::string> flags = flags_of(parent);
    flags.emplace_back("-h");
    const std::string flag = word.substr(0, word.find('='));
    if (std::ranges::find(flags, flag) != flags.end()) {
      return std::nullopt;
    }
    return usage_error(name, fmt::format("unknown flag {}{}", flag, did_you_mean(flag, flags)));
  }
  std::vector<std::string> names;
  for (const CLI::App* child : parent.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name() == word) {
      return std::nullopt;
    }
    if (!child->get_group().empty()) {
      names.push_back(child->get_name());
    }
  }
  return usage_error(name, fmt::format("unknown command \"{}\"{}", word, did_you_mean(word, names)));
}

std::optional<Answer> given_twice(const std::string& command, std::string_view flag, std::size_t times) {
  if (times < 2) {
    return std::nullopt;
  }
  const std::string_view why = flag == "--code" && command == "serve" ? ": a node reads one code store" : "";
  return usage_error(command, fmt::format("{} is given {} times{}", flag, times, why));
}

std::expected<CommandLine, Answer> collect(const Tree& tree, Parsed parsed) {
  const std::string name = tree.name();
  for (const CLI::Option* option : tree.chosen()->get_options()) {
    if (option->get_multi_option_policy() != CLI::MultiOptionPolicy::TakeLast ||
        option->get_items_expected_max() == 0) {
      continue;
    }
    if (auto twice = given_twice(name, option->get_name(), option->count())) {
      return std::unexpected(std::move(*twice));
    }
  }
  CommandLine line;
  line.command = tree.command();
  for (auto& [key, values] : parsed.flags) {
    const std::string_view flag = find_setting(key)->flag;
    if (auto twice = given_twice(name, flag, values.size())) {
      return std::unexpected(std::move(*twice));
    }
    if (!values.empty()) {
      line.flags.emplace(key, std::move(values.front()));
    }
  }
  if (auto twice = given_twice(name, "--config", parsed.config.size())) {
    return std::unexpected(std::move(*twice));
  }
  if (!parsed.config.empty()) {
    line.config = parsed.config.front();
  }
  line.paths.assign(parsed.paths.begin(), parsed.paths.end());
  line.dev = {.watch = parsed.no_watch ? DevWords::Watch::No : DevWords::Watch::Yes,
              .open = parsed.open ? DevWords::Open::Yes : DevWords::Open::No};
  if (line.paths.empty()) {
    line.paths.emplace_back(".");
  }
  line.input = parsed.input;
  line.output = parsed.output;
  line.known = parsed.known;
  line.known_next = parsed.known_next;
  line.rehearsal = parsed.rehearsal;
  line.compile = {.memory_mb = parsed.compile_memory_mb, .cpu = std::chrono::seconds(parsed.compile_seconds)};
  line.dev.live_reload = parsed.no_live_reload ? edge::LiveReload::Off : edge::LiveReload::On;
  line.print_as = parsed.json ? PrintAs::Json : PrintAs::Text;
  line.hash = parsed.hash;
  line.offsets = std::move(parsed.offsets);
  line.project = std::move(parsed.project);
  line.store = std::move(parsed.store);
  line.logs = std::move(parsed.logs);
  line.tool = std::move(parsed.tool);
  return line;
}

}  // namespace

std::expected<CommandLine, Answer> read_command_line(std::span<const std::string> arguments, std::string_view version) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  if (!words.empty() && words.front() == command_name(Command::CompleteWords)) {
    // Whatever they are: a person is still typing them.
    CommandLine line;
    line.command = Command::CompleteWords;
    line.words.assign(words.begin() + 1, words.end());
    return line;
  }
  if (!words.empty() && words.front() == "help") {  // `peko help dev` is `peko dev --help`.
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  Parsed parsed;
  // Safety net: CLI11 reports by exceptions, all of them derived from CLI::Error.
  try {
    Tree tree(parsed, version);
    if (words.empty()) {
      return std::unexpected(Answer{kExitUsage, tree.app.help()});
    }
    if (auto answer = no_command(tree.app, "", words.front())) {
      return std::unexpected(std::move(*answer));
    }
    if (words.front() == "secret") {
      if (words.size() == 1) {
        words.emplace_back("--help");
      } else if (auto answer = no_command(*tree.app.get_subcommand("secret"), "secret", words[1])) {
        return std::unexpected(std::move(*answer));
      }
    }
    std::ranges::reverse(words);  // CLI11 takes them from the back.
    try {
      tree.app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
      return std::unexpected(Answer{kExitOk, tree.app.help()});
    } catch (const CLI::CallForVersion&) {
      return std::unexpected(Answer{kExitOk, std::string(version)});
    } catch (const CLI::ParseError& error) {
      return std::unexpected(parse_failure(error, tree.name()));
    }
    if (auto answer = unknown_word(*tree.chosen(), tree.name())) {
      return std::unexpected(std::move(*answer));
    }
    return collect(tree, std::move(parsed));
  } catch (const CLI::Error& error) {
    return std::unexpected(usage_error("", error.what()));
  }
}

CommandWords all_commands() {
  Parsed parsed;
  const Tree tree(parsed, "");
  return command_words(tree.app);
}

}  // namespace peko::cli

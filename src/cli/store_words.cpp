#include "cli/store_words.hpp"

#include <CLI/CLI.hpp>

#include "cli/setting_values.hpp"

namespace peko::cli {
namespace {

constexpr std::string_view kBuildExamples =
    "Examples:\n"
    "  peko build                 the project in this folder\n"
    "  peko build samples/ssr     another one; its [build] command runs in its own folder\n";

constexpr std::string_view kDeployExamples =
    "Examples:\n"
    "  peko deploy --code /srv/peko                          the project in this folder, to a folder that nodes read\n"
    "  peko deploy api --code s3://bucket/peko --message \"faster search\"\n"
    "  peko deploy --weight 10                               a canary: a tenth of the requests, the rest as before\n"
    "  peko deploy hello.wasm --name hello --dry-run         what would happen\n"
    "  PEKO_ADMIN_TOKEN=... peko deploy --admin http://10.0.0.7:7070   waits until that node has it\n"
    "\n"
    "Nothing is visible before the last step, which makes the version current. A component that the store has is not\n"
    "sent again. With --key-file (the nodes' key) the machine code is compiled here, signed and sent along; without "
    "it\n"
    "each node compiles it once.\n";

constexpr std::string_view kVersionsExamples =
    "Examples:\n"
    "  peko versions --code /srv/peko          all functions, with what serves\n"
    "  peko versions api --code /srv/peko      the versions of one\n"
    "  peko versions api --json                the same for programs, with the history of changes\n";

constexpr std::string_view kRollbackExamples =
    "Examples:\n"
    "  peko rollback api --code /srv/peko      the version before the current one serves again, with its settings\n"
    "  peko rollback api v12 --message \"v13 leaks\"\n";

constexpr std::string_view kCollectExamples =
    "Examples:\n"
    "  peko gc --code /srv/peko --dry-run      what would be removed, and how much that is\n"
    "  peko gc --code /srv/peko --keep 3       keeps three versions of each function, and what serves\n"
    "\n"
    "Never removed: what serves, what served before it, and whatever is younger than an hour.\n";

constexpr std::string_view kDeleteExamples =
    "Examples:\n"
    "  peko delete api --code /srv/peko        asks first; its requests get 404 from then on\n"
    "  peko delete api --yes                   for scripts\n";

constexpr std::string_view kSecretExamples =
    "Examples:\n"
    "  peko secret set api DB_PASSWORD --key-file node.key           asks for the value, without showing it\n"
    "  pass show db | peko secret set api DB_PASSWORD --key-file node.key\n"
    "  peko secret list api\n"
    "  peko secret remove api DB_PASSWORD\n"
    "\n"
    "The function sees a secret as an environment variable. Values are sealed with the nodes' key before they leave\n"
    "this machine; nothing shows them again.\n";

constexpr std::string_view kStatuses = "\nExit status: 0 success, 1 failed, 2 wrong usage or settings";

/// An option with one value.
CLI::Option* add_text(CLI::App& command, const char* flag, std::string& value, const char* type, const char* help) {
  return command.add_option(flag, value, help)->type_name(type)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// An option whose value is a whole number.
template <typename Number>
CLI::Option* add_number(CLI::App& command, const char* flag, Number& value, std::uint64_t low, std::uint64_t high,
                        const char* help) {
  return command.add_option(flag, value, help)
      ->type_name("N")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check([low, high](const std::string& text) {
        const Result<std::uint64_t> number = whole_number(text, low, high);
        return number ? std::string() : number.error().message;
      });
}

/// An option that may be repeated.
void add_texts(CLI::App& command, const char* flag, std::vector<std::string>& values, const char* type,
               const char* help) {
  command.add_option(flag, values, help)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name(type);
}

/// What the commands of the tree share.
class Builder {
 public:
  Builder(StoreWords& words, bool& json) : words_(words), json_(json) {}

  CLI::App& add(CLI::App& parent, Command command, const char* name, const char* help, std::string_view examples) {
    CLI::App* added = parent.add_subcommand(name, help);
    added->footer(std::string(examples).append(kStatuses));
    commands.emplace_back(added, command);
    return *added;
  }
  void path(CLI::App& command) {
    command.add_option("PATH", words_.path, "a project's folder, its peko.toml, or a .wasm file; default: this folder")
        ->type_name("");
  }
  void name(CLI::App& command) {
    command.add_option("NAME", words_.function, "the function")->required()->type_name("");
  }
  void message(CLI::App& command) { add_text(command, "--message", words_.message, "TEXT", "why, for people"); }
  void admins(CLI::App& command) {
    add_texts(command, "--admin", words_.admins, "URL",
              "a node's admin listener: tell it, and wait until it has the change; may be repeated");
  }
  void json(CLI::App& command) { command.add_flag("--json", json_, "one JSON object on stdout, for programs"); }

  std::vector<NamedCommand> commands;

 private:
  StoreWords& words_;
  bool& json_;
};

void add_deploy(CLI::App& app, StoreWords& words, Builder& builder) {
  CLI::App& deploy = builder.add(app, Command::Deploy, "deploy",
                                 "Builds a function, checks it and makes it live on all nodes", kDeployExamples);
  builder.path(deploy);
  add_text(deploy, "--name", words.function, "NAME", "the function's name in place of the manifest's or the file's");
  add_texts(deploy, "--env", words.variables, "KEY=VALUE",
            "sets a variable of [env] for this version; may be repeated");
  add_number(deploy, "--weight", words.weight, 1, 100, "percent of the requests; what serves now keeps the rest");
  builder.message(deploy);
  builder.admins(deploy);
  deploy.add_flag("--no-build", words.no_build, "deploys the component as it lies there");
  deploy.add_flag("--no-source-map", words.no_source_map,
                  "keeps a script's source map here: logs then name lines of the bundle");
  deploy.add_flag("--dry-run", words.dry_run, "does everything but send");
  builder.json(deploy);
}

void add_secret(CLI::App& app, StoreWords& words, Builder& builder) {
  CLI::App* secret = app.add_subcommand("secret", "Sets, lists and removes secrets of a function");
  secret->footer(std::string(kSecretExamples).append(kStatuses));
  secret->require_subcommand(1);
  secret->get_formatter()->label("SUBCOMMAND", "COMMAND");
  CLI::App& set = builder.add(*secret, Command::SecretSet, "set",
                              "Seals a value, which comes from stdin, and stores it", kSecretExamples);
  CLI::App& list =
      builder.add(*secret, Command::SecretList, "list", "The names of a function's secrets", kSecretExamples);
  CLI::App& remove = builder.add(*secret, Command::SecretRemove, "remove", "Removes a secret", kSecretExamples);
  for (CLI::App* command : {&set, &list, &remove}) {
    builder.name(*command);
    builder.json(*command);
  }
  for (CLI::App* command : {&set, &remove}) {
    command->add_option("KEY", words.secret, "the secret's name, an environment variable's")->required()->type_name("");
    builder.admins(*command);
  }
}

}  // namespace

std::vector<NamedCommand> add_store_commands(CLI::App& app, StoreWords& words, bool& json) {
  Builder builder(words, json);
  CLI::App& build =
      builder.add(app, Command::Build, "build", "Runs a project's build command and checks the result", kBuildExamples);
  builder.path(build);
  builder.json(build);

  add_deploy(app, words, builder);

  CLI::App& versions = builder.add(app, Command::Versions, "versions",
                                   "The versions of a function, or all functions of a code store", kVersionsExamples);
  versions.add_option("NAME", words.function, "the function; default: all")->type_name("");
  builder.json(versions);

  CLI::App& rollback =
      builder.add(app, Command::Rollback, "rollback", "Makes an earlier version serve again", kRollbackExamples);
  builder.name(rollback);
  rollback.add_option("VERSION", words.version, "v12 or 12; default: the one before the current")->type_name("");
  builder.message(rollback);
  builder.admins(rollback);
  builder.json(rollback);

  CLI::App& collect = builder.add(app, Command::Collect, "gc", "Removes versions and code that nothing needs any more",
                                  kCollectExamples);
  add_number(collect, "--keep", words.keep, 1, 1'000'000, "versions of each function that stay; default: 10");
  collect.add_flag("--dry-run", words.dry_run, "says what would be removed");
  builder.json(collect);

  CLI::App& remove = builder.add(app, Command::Delete, "delete", "Takes a function out of service", kDeleteExamples);
  builder.name(remove);
  remove.add_flag("--yes", words.yes, "does not ask");
  builder.admins(remove);
  builder.json(remove);

  add_secret(app, words, builder);
  return std::move(builder.commands);
}

}  // namespace peko::cli

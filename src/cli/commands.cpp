#include "cli/commands.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/serving.hpp"
#include "cli/store_options.hpp"

namespace peko::cli {
namespace {

/// Whether --json was given, in a line that could not be read.
bool wants_json(std::span<const std::string> arguments) {
  return std::ranges::find(arguments, "--json") != arguments.end();
}

}  // namespace

int serve(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) {
    return give_up(line, context, settings.error(), kExitUsage);
  }
  if (settings->code.empty()) {
    return give_up(line, context, "no code store is named: give --code URL, PEKO_CODE or `code` in peko-node.toml",
                   kExitUsage);
  }
  const std::unique_ptr<LogSink> log = start_log(context, settings->node.log_format, context.err.descriptor());
  Result<std::unique_ptr<code::Store>> store = context.open_store(
      settings->code, [&log](std::string_view text) { log->write(LogLevel::Warn, std::string(text)); });
  if (!store) {
    log->stop();
    return give_up(line, context, store.error());
  }
  const int status = serve_store(context, *settings, std::move(*store), *log);
  log->stop();
  return status;
}

int run(std::span<const std::string> arguments, const Context& context) {
  const auto line = read_command_line(arguments, context.version);
  if (!line) {
    const Answer& answer = line.error();
    if (answer.status == kExitUsage && wants_json(arguments)) {
      context.out.write(failure_json("usage", trim(answer.text)));
    } else {
      (answer.status == kExitOk ? context.out : context.err).write(answer.text);
    }
    return answer.status;
  }
  switch (line->command) {
    case Command::New: return new_project(*line, context);
    case Command::Dev: return dev(*line, context);
    case Command::Serve: return serve(*line, context);
    case Command::Check: return check(*line, context);
    case Command::Build: return build(*line, context);
    case Command::Deploy: return deploy(*line, context);
    case Command::Versions: return versions(*line, context);
    case Command::Rollback: return rollback(*line, context);
    case Command::Collect: return collect(*line, context);
    case Command::Delete: return delete_function(*line, context);
    case Command::SecretSet: return set_secret(*line, context);
    case Command::SecretList: return list_secrets(*line, context);
    case Command::SecretRemove: return remove_secret(*line, context);
    case Command::Logs: return logs(*line, context);
    case Command::Doctor: return doctor(*line, context);
    case Command::Completion: return completion(*line, context);
    case Command::Man: return manual(*line, context);
    case Command::Version: return version(*line, context);
    case Command::CompleteWords: return complete_words(*line, context);
    case Command::CompileWorker: return compile_worker(*line, context);
    case Command::SymboliseWorker: return symbolise_worker(*line, context);
  }
  return kExitUsage;
}

}  // namespace peko::cli

#include "cli/commands.hpp"

#include "cli/serving.hpp"
#include "cli/store_options.hpp"
#include "edge/dev_channel.hpp"

namespace peko::cli {
int serve(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) {
    return give_up(line, context, settings.error().message, kExitUsage);
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
    return give_up(line, context, store.error().message);
  }
  const int status = serve_store(context, *settings, std::move(*store), *log);
  log->stop();
  return status;
}

int run(std::span<const std::string> arguments, const Context& context) {
  const auto line = read_command_line(arguments, context.version);
  if (!line) {
    (line.error().status == kExitOk ? context.out : context.err).write(line.error().text);
    return line.error().status;
  }
  switch (line->command) {
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
    case Command::CompileWorker: return compile_worker(*line, context);
    case Command::SymboliseWorker: return symbolise_worker(*line, context);
  }
  return kExitUsage;
}

}  // namespace peko::cli

#include "cli/commands.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/dev_view.hpp"
#include "cli/serve_view.hpp"
#include "cli/serving.hpp"

namespace peko::cli {
namespace {

/// The file that `serve` reads when --config does not name one.
constexpr std::string_view kDefaultConfig = "peko-node.toml";

std::optional<std::filesystem::path> settings_file(const CommandLine& line) {
  std::error_code ignored;
  if (!line.config && line.command == Command::Serve && std::filesystem::exists(kDefaultConfig, ignored)) {
    return std::filesystem::path(kDefaultConfig);
  }
  return line.config;
}

Result<Settings> settings_of(const CommandLine& line, const Context& context) {
  return merge_settings(
      default_settings(line.command, context.environment, context.err.kind()),
      {.command = line.command, .file = settings_file(line), .environment = context.environment, .flags = line.flags});
}

/// Says what is wrong on the error stream.
int give_up(const Context& context, std::string_view command, std::string_view why, int status) {
  const std::string text = printable(why);
  for (const std::string_view mistake : split(text, '\n')) {
    context.err.write(fmt::format("peko {}: {}\n", command, mistake));
  }
  return status;
}

}  // namespace

int dev(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) {
    return give_up(context, "dev", settings.error().message, kExitUsage);
  }
  Result<code::Found> found = code::discover_projects(line.paths, settings->limits_max);
  if (!found) {
    return give_up(context, "dev", found.error().message, kExitFailed);
  }
  if (settings->node.default_function.empty() && found->functions.size() == 1 && found->problems.empty()) {
    settings->node.default_function = found->functions.front().name;
  }
  const std::unique_ptr<LogSink> log = start_log(context, settings->node.log_format);
  int status = kExitOk;
  {
    DevView view(context.out, context.err, trim(context.version.substr(0, context.version.find('\n'))));
    status = serve_functions(context, "dev", *settings, *found, view, *log);
  }
  log->stop();
  return status;
}

int serve(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) {
    return give_up(context, "serve", settings.error().message, kExitUsage);
  }
  if (settings->code.empty()) {
    return give_up(context, "serve",
                   "no code store is named: give --code FOLDER, PEKO_CODE or `code` in peko-node.toml", kExitUsage);
  }
  Result<code::Found> found = code::functions_in_store(settings->code, settings->limits_max);
  if (!found) {
    return give_up(context, "serve", found.error().message, kExitFailed);
  }
  const std::unique_ptr<LogSink> log = start_log(context, settings->node.log_format);
  ServeView view(*log);
  const int status = serve_functions(context, "serve", *settings, *found, view, *log);
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
    case Command::CompileWorker: return compile_worker(*line, context);
    case Command::SymboliseWorker: return symbolise_worker(*line, context);
  }
  return kExitUsage;
}

}  // namespace peko::cli

#include "cli/store_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/json.hpp"
#include "base/text.hpp"

namespace peko::cli {
namespace {

/// The file that is read when --config does not name one.
constexpr std::string_view kDefaultConfig = "peko-node.toml";

std::optional<std::filesystem::path> settings_file(const CommandLine& line) {
  std::error_code ignored;
  if (!line.config && line.command != Command::Dev && std::filesystem::exists(kDefaultConfig, ignored)) {
    return std::filesystem::path(kDefaultConfig);
  }
  return line.config;
}

std::string_view variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : found->second;
}

std::string host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "unknown";
}

int give_up_as(const CommandLine& line, const Context& context, std::string_view code, std::string_view why,
               int status) {
  if (line.print_as == PrintAs::Json) {
    context.out.write(failure_json(status == kExitUsage ? "usage" : code, why));
    return status;
  }
  const std::string text = printable(why);
  for (const std::string_view mistake : split(text, '\n')) {
    context.err.write(fmt::format("peko {}: {}\n", command_name(line.command), mistake));
  }
  return status;
}

}  // namespace

Result<Settings> settings_of(const CommandLine& line, const Context& context) {
  return merge_settings(
      default_settings(line.command, context.environment, context.err.kind()),
      {.command = line.command, .file = settings_file(line), .environment = context.environment, .flags = line.flags});
}

std::expected<OpenedStore, int> open_store(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) {
    return std::unexpected(give_up(line, context, settings.error(), kExitUsage));
  }
  if (settings->code.empty()) {
    return std::unexpected(give_up(
        line, context, "no code store is named: give --code URL, PEKO_CODE or `code` in peko-node.toml", kExitUsage));
  }
  const auto warn = [&err = context.err, command = command_name(line.command)](std::string_view text) {
    err.write(fmt::format("peko {}: {}\n", command, printable(text)));
  };
  Result<std::unique_ptr<code::Store>> store = context.open_store(settings->code, warn);
  if (!store) {
    const bool usage = store.error().code == Code::Invalid || store.error().code == Code::Unsupported;
    return std::unexpected(give_up(line, context, store.error(), usage ? kExitUsage : kExitFailed));
  }
  return OpenedStore{.settings = std::move(*settings), .store = std::move(*store)};
}

int give_up(const CommandLine& line, const Context& context, const Error& error, int status) {
  return give_up_as(line, context, to_string(error.code), error.message, status);
}

int give_up(const CommandLine& line, const Context& context, std::string_view why, int status) {
  return give_up_as(line, context, "failed", why, status);
}

std::string failure_json(std::string_view code, std::string_view message) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(false).key("error").begin_object();
  json.key("code").value(code).key("message").value(message).end_object().end_object();
  return text + "\n";
}

code::Reason reason_of(const CommandLine& line, const Context& context) {
  std::string_view user = variable(context.environment, "USER");
  if (user.empty()) user = variable(context.environment, "LOGNAME");
  if (user.empty()) user = ::geteuid() == 0 ? "root" : "unknown";
  return {.author = fmt::format("{}@{}", user, host()), .message = line.store.message};
}

std::string same_store(const CommandLine& line) {
  std::string text;
  if (line.config) text += " --config " + shell_word(line.config->string());
  const auto code = line.flags.find("code");
  if (code != line.flags.end()) text += " --code " + shell_word(code->second);
  return text;
}

}  // namespace peko::cli

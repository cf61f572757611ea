#include "cli/serving.hpp"

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/serve_view.hpp"
#include "cli/setting_values.hpp"

namespace peko::cli {
int serve_store(const Context& context, const Settings& settings, std::unique_ptr<code::Store> store, LogSink& log) {
  const ServeView view(log);
  Result<std::unique_ptr<RunningNode>> node =
      context.start_node(settings.node, node::CodeSource{.store = std::move(store), .limits_max = settings.limits_max},
                         log, [&view](const node::LoadReport& report) { view.loaded(report); });
  if (!node) {
    view.failed(node.error().code == Code::Conflict ? address_in_use("serve", settings.node.listen)
                                                    : node.error().message);
    return kExitFailed;
  }
  view.ready((*node)->address(), settings.node.domain);
  return (*node)->run({});
}

std::unique_ptr<LogSink> start_log(const Context& context, node::LogFormat format, int descriptor) {
  LogForm form = LogForm::Text;
  if (format == node::LogFormat::Json) {
    form = LogForm::Json;
  } else if (context.err.kind() == Terminal::Kind::Coloured) {
    form = LogForm::Coloured;
  }
  return LogSink::start(descriptor, {.form = form}, context.clock);
}

std::string address_in_use(std::string_view command, std::string_view listen) {
  const auto colon = listen.rfind(':');
  const auto port = whole_number(listen.substr(colon + 1), 0, 65535);
  const std::uint64_t next = port && *port < 65535 ? *port + 1 : 3000;
  return fmt::format("{} is in use by another program; choose another port: peko {} --listen {}:{}", listen, command,
                     listen.substr(0, colon), next);
}

}  // namespace peko::cli

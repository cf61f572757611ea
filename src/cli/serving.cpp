#include "cli/serving.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/serve_view.hpp"
#include "cli/setting_values.hpp"

namespace peko::cli {
namespace {

/// Invalid when the default function is not there, with the names that are.
Status check_default(const std::string& wanted, const std::vector<code::Function>& functions) {
  std::vector<std::string> names;
  names.reserve(functions.size());
  for (const code::Function& function : functions) {
    names.push_back(function.name);
  }
  if (wanted.empty() || std::ranges::find(names, wanted) != names.end()) {
    return {};
  }
  std::string message =
      fmt::format("the default function \"{}\" is none of the {} that can be loaded", wanted, names.size());
  if (const auto near = nearest(wanted, names)) {
    message += fmt::format("; did you mean \"{}\"?", *near);
  }
  return fail(Code::Invalid, std::move(message));
}

}  // namespace

int serve_functions(const Context& context, std::string_view command, const Settings& settings,
                    const code::Found& found, StartView& view, LogSink& log) {
  view.begin(settings, found.functions);
  for (const Error& problem : found.problems) {
    view.problem(problem);
  }
  const bool expected = !found.functions.empty() || !found.problems.empty();
  if (found.functions.empty() && expected) {
    view.failed("no function can be loaded");
    return kExitFailed;
  }
  if (Status known = check_default(settings.node.default_function, found.functions); !known) {
    view.failed(known.error().message);
    return kExitUsage;
  }

  std::vector<code::Function> loaded;
  std::size_t reports = 0;
  const auto on_loaded = [&](const node::LoadReport& report) {
    if (report.status) {
      loaded.push_back(found.functions[reports]);
    }
    ++reports;
    view.loaded(report);
  };
  Result<std::unique_ptr<RunningNode>> node = context.start_node(settings.node, found.functions, log, on_loaded);
  if (!node) {
    view.failed(node.error().code == Code::Conflict ? address_in_use(command, settings.node.listen)
                                                    : node.error().message);
    return kExitFailed;
  }
  if (loaded.empty() && expected) {
    view.failed("no function can be loaded");
    return kExitFailed;
  }
  view.ready((*node)->address(), loaded);
  return (*node)->run();
}

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
  return (*node)->run();
}

std::unique_ptr<LogSink> start_log(const Context& context, node::LogFormat format) {
  LogForm form = LogForm::Text;
  if (format == node::LogFormat::Json) {
    form = LogForm::Json;
  } else if (context.err.kind() == Terminal::Kind::Coloured) {
    form = LogForm::Coloured;
  }
  return LogSink::start(context.err.descriptor(), {.form = form}, context.clock);
}

std::string address_in_use(std::string_view command, std::string_view listen) {
  const auto colon = listen.rfind(':');
  const auto port = whole_number(listen.substr(colon + 1), 0, 65535);
  const std::uint64_t next = port && *port < 65535 ? *port + 1 : 3000;
  return fmt::format("{} is in use by another program; choose another port: peko {} --listen {}:{}", listen, command,
                     listen.substr(0, colon), next);
}

}  // namespace peko::cli

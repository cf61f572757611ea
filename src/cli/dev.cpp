#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/browser.hpp"
#include "cli/commands.hpp"
#include "cli/dev_session.hpp"
#include "cli/dev_view.hpp"
#include "cli/screen.hpp"
#include "cli/serving.hpp"
#include "cli/store_options.hpp"

namespace peko::cli {
namespace {

/// How long a compilation may take to end when everything else has.
constexpr std::chrono::seconds kStopPatience{3};

/// Invalid when the default function is not there, with the names that are.
Status check_default(const std::string& wanted, const std::vector<std::string>& names) {
  if (wanted.empty() || std::ranges::find(names, wanted) != names.end()) return {};
  std::string message =
      fmt::format("the default function \"{}\" is none of the {} that there are", wanted, names.size());
  if (const auto near = nearest(wanted, names)) message += fmt::format("; did you mean \"{}\"?", *near);
  return fail(Code::Invalid, std::move(message));
}

/// Invalid: PEKO_WATCH says something else than it can.
Result<DevWatch> watch_of(const CommandLine& line, const Environment& environment) {
  const auto how = environment.find("PEKO_WATCH");
  const bool said = how != environment.end() && !how->second.empty();
  if (said && how->second != "poll") {
    return fail(Code::Invalid, fmt::format("PEKO_WATCH: \"{}\" is not poll", how->second));
  }
  if (line.dev.watch == DevWords::Watch::No) return DevWatch::No;
  return said ? DevWatch::Looking : DevWatch::Hints;
}

struct Ending {
  int status = kExitOk;
  std::string why = {};  ///< empty: as it should
};

/// Everything between the settings and the end, while there are a screen and a log.
Ending serve_projects(const CommandLine& line, const Context& context, Settings& settings, DevWatch watch,
                      Screen& screen, LogSink& log) {
  edge::DevChannel browsers(line.dev.live_reload);
  settings.node.dev = &browsers;
  DevView view(screen, context.clock);
  std::unique_ptr<RunningNode> node;
  const auto open_browser = [&](const std::string& url) {
    if (line.dev.open == DevWords::Open::No || open_in_browser(url, context.environment)) return;
    view.notice(fmt::format("nothing here opens a browser: go to {}", url));
  };
  const bool coloured = screen.terminal().kind() == Terminal::Kind::Coloured;
  DevSession session({.paths = line.paths,
                      .settings = settings,
                      .environment = context.environment,
                      .view = view,
                      .browsers = browsers,
                      .watch = watch,
                      .output = coloured ? DevJob::Output::Coloured : DevJob::Output::Plain,
                      .on_ready = open_browser,
                      .on_nothing = [&node] { node->stop(); }});
  if (Status read = session.read_projects(); !read) return {kExitFailed, std::move(read.error().message)};
  if (Status known = check_default(settings.node.default_function, session.names()); !known) {
    return {kExitUsage, std::move(known.error().message)};
  }
  view.begin(trim(std::string_view(context.version).substr(0, context.version.find('\n'))), session.names());
  Result<std::unique_ptr<RunningNode>> started = context.start_node(settings.node, node::StagedSource{}, log, {});
  if (!started) {
    return {kExitFailed, started.error().code == Code::Conflict ? address_in_use("dev", settings.node.listen)
                                                                : std::move(started.error().message)};
  }
  node = std::move(*started);
  session.start(*node->stage(), {.functions = node->address(), .admin = node->admin_address()});
  const int status = node->run([&session] { session.stop(); });
  if (!session.join(kStopPatience)) {
    log.write(LogLevel::Warn, "leaving behind a compilation that does not end");
    log.stop();
    std::_Exit(status);  // it uses the node
  }
  if (session.nothing_serves()) return {kExitFailed, "no function can be loaded"};
  return {status};
}

}  // namespace

int dev(const CommandLine& line, const Context& context) {
  Result<Settings> settings = settings_of(line, context);
  if (!settings) return give_up(line, context, settings.error().message, kExitUsage);
  const Result<DevWatch> watch = watch_of(line, context.environment);
  if (!watch) return give_up(line, context, watch.error().message, kExitUsage);
  auto screen = std::make_unique<Screen>(context.out);
  const bool one_terminal = context.err.kind() != Terminal::Kind::Plain && screen->log_descriptor() >= 0;
  const std::unique_ptr<LogSink> log =
      start_log(context, settings->node.log_format, one_terminal ? screen->log_descriptor() : context.err.descriptor());
  const Ending ending = serve_projects(line, context, *settings, *watch, *screen, *log);
  log->stop();
  screen.reset();
  return ending.why.empty() ? ending.status : give_up(line, context, ending.why, ending.status);
}

}  // namespace peko::cli

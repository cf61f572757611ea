#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/input.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

std::string as_json(const std::string& function, const std::vector<Confirmation>& nodes) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(status_of(nodes) == kExitOk).key("function").value(function);
  append_nodes(json, nodes);
  json.end_object();
  return text + "\n";
}

/// Whether it is to be done. The error is the exit status; why not has been said.
std::expected<void, int> agreed(const CommandLine& line, const Context& context, const code::Store& store) {
  if (line.store.yes) return {};
  const Input in(context.in);
  if (!in.is_terminal()) {
    return std::unexpected(give_up(line, context, "nobody can be asked here: give --yes", kExitUsage));
  }
  const std::string question = fmt::format("  Take {} out of service in {}? Its requests get 404. [y/N] ",
                                           printable(line.store.function), printable(store.shown()));
  const Result<std::string> answer = in.ask(context.err, question, Input::Echo::Show);
  if (!answer || (*answer != "y" && *answer != "Y" && *answer != "yes")) {
    return std::unexpected(give_up(line, context, "nothing has changed"));
  }
  return {};
}

}  // namespace

int delete_function(const CommandLine& line, const Context& context) {
  const Result<std::vector<std::string>> admins = admin_urls(line);
  if (!admins) return give_up(line, context, admins.error(), kExitUsage);
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  if (const auto yes = agreed(line, context, *opened->store); !yes) return yes.error();

  Steps steps(context.out, context.clock, line.print_as);
  steps.begin("removing");
  code::Publisher publisher(*opened->store, context.clock);
  if (Status removed = publisher.remove(line.store.function, reason_of(line, context)); !removed) {
    steps.drop();
    return give_up(line, context, removed.error());
  }
  steps.done("removed", fmt::format("{}; what was deployed comes back with: peko rollback {}{}", line.store.function,
                                    line.store.function, same_store(line)));
  const std::vector<Confirmation> nodes =
      confirm(steps, context, opened->settings, *admins, {.function = line.store.function, .revision = {}});
  if (line.print_as == PrintAs::Json) context.out.write(as_json(line.store.function, nodes));
  return status_of(nodes);
}

}  // namespace peko::cli

#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/deploy_view.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

std::string as_json(const code::Published& published, const std::vector<Confirmation>& nodes) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(status_of(nodes) == kExitOk);
  json.key("function").value(published.deployment.function);
  json.key("version").value(code::version_name(published.version));
  json.key("revision").value(published.deployment.revision);
  append_nodes(json, nodes);
  json.end_object();
  return text + "\n";
}

}  // namespace

int rollback(const CommandLine& line, const Context& context) {
  const Result<std::vector<std::string>> admins = admin_urls(line);
  if (!admins) return give_up(line, context, admins.error(), kExitUsage);
  std::optional<code::VersionNumber> to;
  if (!line.store.version.empty()) {
    const Result<code::VersionNumber> number = code::parse_version_name(line.store.version);
    if (!number) return give_up(line, context, number.error(), kExitUsage);
    to = *number;
  }
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();

  Steps steps(context.out, context.clock, line.print_as);
  steps.begin("rolling back");
  code::Publisher publisher(*opened->store, context.clock);
  const Result<code::Published> published = publisher.rollback(line.store.function, to, reason_of(line, context));
  if (!published) {
    steps.drop();
    return give_up(line, context, published.error());
  }
  steps.done("current", fmt::format("{} {}, revision {}", line.store.function,
                                    shown_weights(published->deployment.versions), published->deployment.revision));
  const std::vector<Confirmation> nodes =
      confirm(steps, context, opened->settings, *admins,
              {.function = line.store.function, .revision = published->deployment.revision});
  if (line.print_as == PrintAs::Json) context.out.write(as_json(*published, nodes));
  return status_of(nodes);
}

}  // namespace peko::cli

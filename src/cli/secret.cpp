#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/input.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/node_key.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

constexpr std::string_view kWantsKey =
    "a secret is sealed with the key of the nodes that are to open it: give --key-file a copy of it (key_file of a "
    "node, "
    "by default ~/.cache/peko/key there)";

/// The value: typed by a person, or all of stdin without the end of its last line.
Result<std::string> read_value(const CommandLine& line, const Context& context) {
  const Input in(context.in);
  if (in.is_terminal()) {
    return in.ask(context.err, fmt::format("  Value of {} (it is not shown): ", printable(line.store.secret)),
                  Input::Echo::Hide);
  }
  Result<std::string> value = in.read_all(code::kSecretBytesMax);
  if (value && value->ends_with('\n')) value->pop_back();
  if (value && value->ends_with('\r')) value->pop_back();
  return value;
}

std::string as_json(const CommandLine& line, const code::Published& published, const std::vector<Confirmation>& nodes) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(status_of(nodes) == kExitOk).key("function").value(line.store.function);
  json.key("secret").value(line.store.secret).key("revision").value(published.deployment.revision);
  append_nodes(json, nodes);
  json.end_object();
  return text + "\n";
}

/// Sets or removes, and waits for the nodes.
int change(const CommandLine& line, const Context& context, const OpenedStore& opened,
           const std::vector<std::string>& admins, std::optional<std::string> sealed) {
  const bool set = sealed.has_value();
  Steps steps(context.out, context.clock, line.print_as);
  steps.begin("writing");
  code::Publisher publisher(*opened.store, context.clock);
  const Result<code::Published> published =
      publisher.set_secret(line.store.function, line.store.secret, std::move(sealed), reason_of(line, context));
  if (!published) {
    steps.drop();
    return give_up(line, context, published.error());
  }
  steps.done(set ? "set" : "removed", fmt::format("{} of {}, revision {}", line.store.secret, line.store.function,
                                                  published->deployment.revision));
  std::vector<Confirmation> nodes;
  if (!published->deployment.versions.empty()) {  // else nothing serves, and nodes have nothing to confirm
    nodes = confirm(steps, context, opened.settings, admins,
                    {.function = line.store.function, .revision = published->deployment.revision});
  }
  if (line.print_as == PrintAs::Json) context.out.write(as_json(line, *published, nodes));
  return status_of(nodes);
}

}  // namespace

int set_secret(const CommandLine& line, const Context& context) {
  const Result<std::vector<std::string>> admins = admin_urls(line);
  if (!admins) return give_up(line, context, admins.error(), kExitUsage);
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  if (opened->settings.node.key_file.empty()) return give_up(line, context, kWantsKey, kExitUsage);
  const Result<code::NodeKey> key = code::NodeKey::read(opened->settings.node.key_file);
  if (!key) return give_up(line, context, key.error(), kExitUsage);
  const Result<std::string> value = read_value(line, context);
  if (!value) return give_up(line, context, value.error());
  if (value->empty()) {
    return give_up(line, context, "the value is empty: write it to stdin, or remove the secret", kExitUsage);
  }
  Result<std::string> sealed = key->seal(line.store.function, line.store.secret, *value);
  if (!sealed) return give_up(line, context, sealed.error());
  return change(line, context, *opened, *admins, std::move(*sealed));
}

int remove_secret(const CommandLine& line, const Context& context) {
  const Result<std::vector<std::string>> admins = admin_urls(line);
  if (!admins) return give_up(line, context, admins.error(), kExitUsage);
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  return change(line, context, *opened, *admins, std::nullopt);
}

int list_secrets(const CommandLine& line, const Context& context) {
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  code::Publisher publisher(*opened->store, context.clock);
  const Result<code::Deployment> now = publisher.current(line.store.function);
  if (!now) return give_up(line, context, now.error());
  std::string text;
  if (line.print_as == PrintAs::Json) {
    JsonWriter json(text);
    json.begin_object().key("ok").value(true).key("function").value(now->function).key("secrets").begin_array();
    for (const auto& [name, sealed] : now->secrets) json.value(name);
    json.end_array().end_object();
    text += "\n";
  } else {
    for (const auto& [name, sealed] : now->secrets) text += printable(name) + "\n";
    if (now->secrets.empty()) text = fmt::format("  {} has no secrets\n", printable(line.store.function));
  }
  context.out.write(text);
  return kExitOk;
}

}  // namespace peko::cli

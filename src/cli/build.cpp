#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/project.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

std::string as_json(const code::Function& function, const CheckedComponent& checked) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("function").value(function.name);
  json.key("component").value(function.component.string());
  json.key("bytes").value(checked.bytes.size()).key("sha256").value(hex(checked.hash)).end_object();
  return text + "\n";
}

}  // namespace

int build(const CommandLine& line, const Context& context) {
  const Result<code::Function> function = function_at(line.store.path, "", {});
  if (!function) {
    return give_up_as_asked(line, context, function.error().message);
  }
  Steps steps(context.out, context.clock, line.print_as);
  if (Status built = build_project(*function, line, context); !built) {
    return give_up_as_asked(line, context, built.error().message);
  }
  if (function->build_command.empty()) {
    steps.say(fmt::format("  {} has no [build] command: checking its component as it is\n", function->name));
  } else {
    steps.done("built", function->build_command);
  }
  steps.begin("checking the component");
  const Result<CheckedComponent> checked = check_component_of(*function);
  if (!checked) {
    steps.drop();
    return give_up_as_asked(line, context, checked.error().message);
  }
  steps.done("checked", fmt::format("{}, {}: Peko can run it", code::shown(function->component),
                                    human_bytes(checked->bytes.size())));
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(*function, *checked));
  }
  return kExitOk;
}

}  // namespace peko::cli

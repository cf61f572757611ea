#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/bundle.hpp"
#include "cli/commands.hpp"
#include "cli/project.hpp"
#include "cli/steps.hpp"
#include "cli/store_options.hpp"
#include "code/asset_folder.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"

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

/// A project that is static files alone.
int build_assets(const code::Function& function, const CommandLine& line, const Context& context, Steps& steps) {
  const Result<code::AssetFolder> folder = code::AssetFolder::open(function.assets);
  if (!folder) return give_up(line, context, folder.error());
  const auto files = folder->list(function);
  if (!files) return give_up(line, context, files.error());
  steps.done("checked", fmt::format("{}: {} static files", code::shown(function.assets), files->size()));
  if (line.print_as == PrintAs::Json) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("ok").value(true).key("function").value(function.name);
    json.key("assets").value(function.assets.string()).key("files").value(files->size()).end_object();
    context.out.write(text + "\n");
  }
  return kExitOk;
}

int build_script(const code::Function& function, const CommandLine& line, const Context& context, Steps& steps) {
  if (Status made = bundle(function, context); !made) {
    return give_up(line, context, made.error());
  }
  const Result<std::string> text = code::read_bundle(function);
  if (!text) {
    return give_up(line, context, text.error());
  }
  const std::filesystem::path file = code::bundle_file(function);
  steps.done("bundled", fmt::format("{}, {}", code::shown(file), human_bytes(text->size())));
  if (line.print_as == PrintAs::Json) {
    std::string json_text;
    JsonWriter json(json_text);
    json.begin_object().key("ok").value(true).key("function").value(function.name);
    json.key("bundle").value(file.string()).key("bytes").value(text->size()).end_object();
    context.out.write(json_text + "\n");
  }
  return kExitOk;
}

}  // namespace

int build(const CommandLine& line, const Context& context) {
  const Result<code::Function> function = function_at(line.store.path, "", {});
  if (!function) {
    return give_up(line, context, function.error());
  }
  Steps steps(context.out, context.clock, line.print_as);
  if (Status built = build_project(*function, line, context); !built) {
    return give_up(line, context, built.error());
  }
  if (function->build_command.empty() && !function->component.empty()) {
    steps.say(fmt::format("  {} has no [build] command: checking its component as it is\n", function->name));
  } else if (!function->build_command.empty()) {
    steps.done("built", function->build_command);
  }
  if (!function->has_code()) {
    return build_assets(*function, line, context, steps);
  }
  if (!function->script.empty()) {
    return build_script(*function, line, context, steps);
  }
  steps.begin("checking the component");
  const Result<CheckedComponent> checked = check_component_of(*function);
  if (!checked) {
    steps.drop();
    return give_up(line, context, checked.error());
  }
  steps.done("checked", fmt::format("{}, {}: Peko can run it", code::shown(function->component),
                                    human_bytes(checked->bytes.size())));
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(*function, *checked));
  }
  return kExitOk;
}

}  // namespace peko::cli

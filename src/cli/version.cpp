#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/store_options.hpp"

namespace peko::cli {

int version(const CommandLine& line, const Context& context) {
  if (line.print_as == PrintAs::Text) {
    context.out.write(context.version);
    return kExitOk;
  }
  const Result<std::string> engine = context.engine_id();
  if (!engine) return give_up(line, context, engine.error());
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("peko").value(context.build.peko);
  json.key("wasmtime").value(context.build.wasmtime).key("engine").value(*engine);
  json.key("build").begin_object().key("type").value(context.build.kind);
  json.key("compiler").value(context.build.compiler).end_object().end_object();
  context.out.write(text + "\n");
  return kExitOk;
}

}  // namespace peko::cli

#include "engine/component.hpp"

#include "engine/bridge_text.hpp"
#include "engine/runtime.hpp"
#include "peko_bridge.h"

namespace peko::engine {

namespace {

Error load_error(int code, const std::string& message) {
  switch (code) {
    case PEKO_LOAD_INVALID: return {Code::Invalid, message};
    case PEKO_LOAD_INCOMPATIBLE: return {Code::Conflict, message};
    // Which interfaces there are was checked before (code/component_check.hpp): what is left is their contents.
    case PEKO_LOAD_IMPORTS:
      return {Code::Unsupported, "an import does not have the type that WASI 0.2 gives it: " + message};
    case PEKO_LOAD_WORLD:
      return {Code::Unsupported, "its handler does not have the type that WASI 0.2 gives it: " + message};
    default: return {Code::Internal, message};
  }
}

std::vector<peko_field> to_fields(const Component::Environment& environment) {
  std::vector<peko_field> fields;
  fields.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    fields.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }
  return fields;
}

}  // namespace

void Component::Delete::operator()(peko_component* component) const { peko_component_delete(component); }

Result<std::shared_ptr<const Component>> Component::load(Runtime& runtime, const std::filesystem::path& artifact,
                                                         const Environment& environment) {
  const std::vector<peko_field> fields = to_fields(environment);
  peko_component* handle = nullptr;
  peko_buf error{};
  const int code =
      peko_component_load(runtime.handle(), artifact.c_str(), fields.data(), fields.size(), &handle, &error);
  const std::string message = take_text(error);
  if (code != PEKO_LOAD_OK) return fail(load_error(code, message));
  return std::shared_ptr<const Component>(new Component(handle));
}

Result<std::shared_ptr<const Component>> Component::load_script(const Component& script_engine, std::string_view name,
                                                                std::string_view text, const Environment& environment) {
  const std::vector<peko_field> fields = to_fields(environment);
  peko_component* handle = nullptr;
  peko_buf error{};
  const int code =
      peko_component_load_script(script_engine.handle(), {name.data(), name.size()}, {text.data(), text.size()},
                                 fields.data(), fields.size(), &handle, &error);
  const std::string message = take_text(error);
  if (code != PEKO_LOAD_OK) return fail(load_error(code, message));
  return std::shared_ptr<const Component>(new Component(handle));
}

void Component::name_stores(std::span<const std::string> names) const {
  std::vector<peko_str> views;
  views.reserve(names.size());
  for (const std::string& name : names) views.push_back({name.data(), name.size()});
  peko_component_name_stores(handle_.get(), views.data(), views.size());
}

}  // namespace peko::engine

#include "code/component_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace peko::code {

namespace {

constexpr std::string_view kHandler = "wasi:http/incoming-handler@0.2.";
constexpr std::string_view kHowToExport =
    "build it for the world wasi:http/proxy (Rust: `wstd` with #[wstd::http_server]; JavaScript: componentize-js; C: "
    "wit-bindgen)";

struct Advice {
  std::string_view prefix;  // of the import's name
  std::string_view text;
};

// The first that fits counts.
constexpr std::array kAdvice = {
    Advice{"wasi:blobstore/",
           "Peko has no blob store yet: use one that is reached by HTTP, or wasi:keyvalue for values up to 25 MiB"},
    Advice{"wasi:messaging/", "Peko has no messaging yet: use a queue that is reached by HTTP"},
    Advice{"wasi:tls/", "there are no sockets for functions: use wasi:http/outgoing-handler, which does TLS itself"},
    Advice{"wasi:nn/", "Peko has no inference: call a service that is reached by HTTP"},
    Advice{"fermyon:spin/", "an interface of Spin: use its wasi:http counterpart"},
    Advice{"spin:", "an interface of Spin: use its wasi:http counterpart"},
    Advice{"wasmcloud:", "an interface of wasmCloud: build without it"},
    Advice{"wasi:", "not an interface of WASI 0.2 that Peko has: build without it"},
    Advice{"", "not an interface of WASI: put the component that exports it inside (`wac plug`), or build without it"},
};

// The packages that WASI 0.3 defines anew; proposals beside it have versions of their own.
constexpr std::array<std::string_view, 6> kWasiPackages = {"wasi:cli/",  "wasi:clocks/", "wasi:filesystem/",
                                                           "wasi:http/", "wasi:random/", "wasi:sockets/"};

bool is_wasi_03(std::string_view name) {
  return name.contains("@0.3.") &&
         std::ranges::any_of(kWasiPackages, [&](std::string_view package) { return name.starts_with(package); });
}

// An import or export of WASI 0.3; empty when there is none.
std::string_view wasi_03_in(const engine::ComponentSurface& surface) {
  for (const engine::Import& import : surface.imports) {
    if (is_wasi_03(import.name)) return import.name;
  }
  const auto exported = std::ranges::find_if(surface.exports, is_wasi_03);
  return exported == surface.exports.end() ? std::string_view() : std::string_view(*exported);
}

std::string world_problem(const std::vector<std::string>& exports) {
  const auto exports_any = [&](std::string_view prefix) {
    return std::ranges::any_of(exports, [&](const std::string& name) { return name.starts_with(prefix); });
  };
  if (exports_any(kHandler)) return {};
  if (exports_any("wasi:cli/run@")) {
    return fmt::format(
        "it is a command (it exports wasi:cli/run, which runs once from start to end) and exports no "
        "wasi:http/incoming-handler@0.2, so it cannot answer requests: {}",
        kHowToExport);
  }
  return fmt::format("it exports {} and no wasi:http/incoming-handler@0.2, so it cannot answer requests: {}",
                     exports.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(exports, ", ")),
                     kHowToExport);
}

}  // namespace

std::string advice_for(const engine::Import& import) {
  switch (import.provision) {
    case engine::Provision::Provided: return {};
    case engine::Provision::OtherVersion: return fmt::format("Peko has {}: build against that version", import.nearest);
    case engine::Provision::Unknown: break;
  }
  const auto* const row =
      std::ranges::find_if(kAdvice, [&](const Advice& advice) { return import.name.starts_with(advice.prefix); });
  return std::string(row->text);
}

std::vector<std::string> problems_of(const engine::ComponentSurface& surface) {
  if (const std::string_view name = wasi_03_in(surface); !name.empty()) {
    return {
        fmt::format("it is made for WASI 0.3 (it has {}), and Peko runs WASI 0.2: build it for WASI 0.2 (Rust: "
                    "--target wasm32-wasip2, and no wasip3 crate)",
                    name)};
  }
  std::vector<std::string> problems;
  std::string missing;
  for (const engine::Import& import : surface.imports) {
    const std::string advice = advice_for(import);
    if (!advice.empty()) missing += fmt::format("\n    {}: {}", import.name, advice);
  }
  if (!missing.empty()) problems.push_back("it imports what Peko does not provide:" + missing);
  if (std::string world = world_problem(surface.exports); !world.empty()) problems.push_back(std::move(world));
  return problems;
}

Result<ComponentCheck> inspect_component(std::string_view bytes, std::string_view name) {
  Result<engine::ComponentSurface> surface = engine::read_surface(bytes);
  if (!surface) {
    return fail(Code::Invalid,
                fmt::format("{} is no valid component ({}): build or copy it again", name, surface.error().message));
  }
  ComponentCheck check{.surface = std::move(*surface), .problems = {}};
  check.problems = problems_of(check.surface);
  return check;
}

Status check_surface(std::string_view bytes, std::string_view name) {
  const Result<ComponentCheck> check = inspect_component(bytes, name);
  if (!check) return fail(check.error());
  if (check->problems.empty()) return {};
  return fail(Code::Unsupported, fmt::format("{}: {}", name, fmt::join(check->problems, "\n  ")));
}

}  // namespace peko::code

#include "node/fixed_functions.hpp"

#include <algorithm>
#include <utility>

#include "node/in_parallel.hpp"

namespace peko::node {

Status FixedFunctions::load(const OnLoaded& on_loaded) {
  struct Load {
    Result<ComponentLoader::FromFile> loaded = fail(Code::Internal, "not loaded yet");
    std::chrono::milliseconds took{};
  };
  std::vector<Load> loads(functions_.size());
  const auto work = [&](std::size_t i) {
    const auto begin = parts_.clock.now();
    loads[i].loaded = parts_.components.load_file(functions_[i]);
    loads[i].took = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - begin);
  };
  const auto done = [&](std::size_t i) {
    Result<ComponentLoader::FromFile>& file = loads[i].loaded;
    LoadReport report{.name = functions_[i].name, .status = {}, .took = loads[i].took};
    pool::Version version = file ? make_version(functions_[i], std::move(file->loaded.component), "", file->hash)
                                 : make_version(functions_[i], nullptr, file.error().message);
    versions_.push_back(std::make_shared<const pool::Version>(std::move(version)));
    if (file) {
      report.from = file->loaded.from;
    } else {
      report.status = fail(std::move(file.error()));
    }
    on_loaded(report);
  };
  in_parallel(functions_.size(), parts_.compilers, work, done);
  return {};
}

std::shared_ptr<const edge::Router> FixedFunctions::router() const {
  auto router = std::make_shared<edge::Router>(parts_.domain);
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    router->add_name(functions_[i].name, i);
    for (const std::string& route : functions_[i].routes) router->add_route(route, i);
    if (functions_[i].name == parts_.default_function) router->set_default(i);
  }
  return router;
}

void FixedFunctions::attach(Lanes& lanes) {
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    auto deployed = std::make_shared<edge::Deployed>();
    deployed->versions.push_back({.version = versions_[i]});
    lanes.deploy(i, std::move(deployed));
  }
}

std::vector<FunctionView> FixedFunctions::functions() const {
  std::vector<FunctionView> views;
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    const pool::Version& version = *versions_[i];
    FunctionView& view = views.emplace_back();
    view.target = i;
    view.name = version.function;
    view.state = version.component || version.alone() ? FunctionView::State::Loaded : FunctionView::State::Failed;
    view.error = version.fault;
  }
  return views;
}

std::optional<FunctionView> FixedFunctions::function(std::string_view name) const {
  const std::vector<FunctionView> all = functions();
  const auto at = std::ranges::find(all, name, &FunctionView::name);
  return at == all.end() ? std::nullopt : std::optional(*at);
}

}  // namespace peko::node

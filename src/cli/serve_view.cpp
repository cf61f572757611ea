#include "cli/serve_view.hpp"

#include <fmt/format.h>

#include "cli/dev_view.hpp"
#include "code/paths.hpp"

namespace peko::cli {

void ServeView::begin(const Settings& settings, const std::vector<code::Function>& functions) {
  domain_ = settings.node.domain;
  if (functions.empty()) {
    log_.write(LogLevel::Warn,
               fmt::format("the code store {} has no functions; a node reads it at its start", settings.code.string()));
    return;
  }
  log_.write(LogLevel::Info, fmt::format("loading the functions of {}: {}", settings.code.string(), functions.size()));
}

void ServeView::problem(const Error& error) { log_.write(LogLevel::Error, fmt::format("left out: {}", error.message)); }

void ServeView::loaded(const node::LoadReport& report) {
  if (!report.status) {
    log_.write(LogLevel::Error, fmt::format("function {} failed: {}", report.name, report.status.error().message));
  } else if (report.compiled) {
    log_.write(LogLevel::Info, fmt::format("function {} compiled in {}", report.name, shown_duration(report.took)));
  } else {
    log_.write(LogLevel::Info,
               fmt::format("function {} from the cache in {}", report.name, shown_duration(report.took)));
  }
}

void ServeView::ready(const std::string& address, const std::vector<code::Function>& loaded) {
  log_.write(LogLevel::Info, fmt::format("listening on {}; functions at NAME.{}: {}", address, domain_, loaded.size()));
}

void ServeView::failed(const std::string& why) { log_.write(LogLevel::Error, why); }

}  // namespace peko::cli

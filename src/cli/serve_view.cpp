#include "cli/serve_view.hpp"

#include <fmt/format.h>

#include "cli/dev_view.hpp"

namespace peko::cli {

void ServeView::loaded(const node::LoadReport& report) const {
  if (!report.status) {
    log_.write(LogLevel::Error, fmt::format("function {} failed: {}", report.name, report.status.error().message));
    return;
  }
  log_.write(LogLevel::Info,
             fmt::format("function {} {} in {}", report.name, node::how(report.from), shown_duration(report.took)));
}

void ServeView::ready(const std::string& address, const std::string& domain) const {
  log_.write(LogLevel::Info, fmt::format("listening on {}; functions at NAME.{}", address, domain));
}

void ServeView::failed(const std::string& why) const { log_.write(LogLevel::Error, why); }

}  // namespace peko::cli

#include "cli/dev_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

/// A message of several lines below a mark, each line indented.
std::string indented(std::string_view message) {
  const std::string text = printable(message);
  std::string lines;
  for (const std::string_view line : split(text, '\n')) {
    lines += fmt::format("      {}\n", line);
  }
  return lines;
}

}  // namespace

DevView::DevView(Terminal& out, Terminal& err, std::string_view version)
    : out_(out), err_(err), version_(version), progress_(out) {}

void DevView::begin(const Settings& settings, const std::vector<code::Function>& functions) {
  settings_ = settings;
  for (const code::Function& function : functions) {
    waiting_.push_back(function.name);
    width_ = std::max(width_, function.name.size());
  }
  std::ranges::reverse(waiting_);
  out_.write(fmt::format("\n  {}  {}\n\n", out_.styled(Style::Bold, "peko dev"), out_.styled(Style::Dim, version_)));
  begin_next();
}

void DevView::begin_next() {
  if (!waiting_.empty()) {
    progress_.begin(fmt::format("compiling {}", waiting_.back()));
  }
}

void DevView::problem(const Error& error) {
  progress_.end();
  out_.write(fmt::format("  {} left out:\n{}", out_.styled(Style::Red, "x"), indented(error.message)));
  begin_next();
}

void DevView::loaded(const node::LoadReport& report) {
  progress_.end();
  if (!waiting_.empty()) {
    waiting_.pop_back();
  }
  const std::string name = fmt::format("{:<{}}", report.name, width_);
  if (report.status) {
    const std::string how = report.from == node::From::Compiler
                                ? fmt::format("compiled in {}", shown_duration(report.took))
                                : "from the cache";
    out_.write(fmt::format("  {} {}  {}\n", out_.styled(Style::Green, "+"), name, out_.styled(Style::Dim, how)));
  } else {
    out_.write(fmt::format("  {} {}  {}\n{}", out_.styled(Style::Red, "x"), name, out_.styled(Style::Red, "failed:"),
                           indented(report.status.error().message)));
  }
  begin_next();
}

void DevView::ready(const std::string& address, const std::vector<code::Function>& loaded) {
  progress_.end();
  std::string text = "\n";
  for (const code::Function& function : loaded) {
    text += fmt::format("  {:<{}}  {}", function.name, width_,
                        out_.styled(Style::Bold, url_of(function.name + "." + settings_.node.domain, address)));
    for (const std::string& route : function.routes) {
      text += out_.styled(Style::Dim, fmt::format("  {}", route));
    }
    text += '\n';
  }
  if (!settings_.node.default_function.empty()) {
    text += fmt::format("  {:<{}}  {}\n", "", width_,
                        out_.styled(Style::Dim, fmt::format("every other name, as http://{}/, is answered by {}",
                                                            reachable(address), settings_.node.default_function)));
  }
  if (!loaded.empty()) {
    text += fmt::format(
        "\n  {}\n",
        out_.styled(Style::Dim, fmt::format("A name does not resolve? curl -H 'Host: {}.{}' http://{}/",
                                            loaded.front().name, settings_.node.domain, reachable(address))));
  }
  out_.write(text + fmt::format("  {}\n\n", out_.styled(Style::Dim, "Ctrl-C to stop")));
}

void DevView::failed(const std::string& why) {
  progress_.end();
  err_.write(fmt::format("\npeko dev: {}\n", printable(why)));
}

std::string reachable(std::string_view address) {
  const auto colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  const std::string_view near = host == "0.0.0.0" ? "127.0.0.1" : host == "[::]" ? "[::1]" : host;
  return fmt::format("{}{}", near, address.substr(colon));
}

std::string url_of(std::string_view host, std::string_view address) {
  const std::string_view port = address.substr(address.rfind(':'));
  return fmt::format("http://{}{}/", host, port == ":80" ? "" : port);
}

std::string shown_duration(std::chrono::milliseconds took) {
  if (took < std::chrono::milliseconds(100)) {
    return fmt::format("{} ms", took.count());
  }
  if (took < std::chrono::milliseconds(59'950)) {
    return fmt::format("{:.1f} s", static_cast<double>(took.count()) / 1000);
  }
  const auto seconds = std::chrono::round<std::chrono::seconds>(took).count();
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace peko::cli

#include "cli/dev_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/build_place.hpp"
#include "cli/build_text.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

/// Stands in the table like a function.
constexpr std::string_view kInspector = "inspector";

/// A message of several lines below a mark, each line indented.
std::string indented(std::string_view message) {
  std::string lines;
  for (const std::string_view line : split(message, '\n')) {
    if (!line.empty() || line.data() + line.size() != message.data() + message.size()) {
      lines += line.empty() ? "\n" : fmt::format("      {}\n", line);
    }
  }
  return lines;
}

Codes codes_for(const Terminal& terminal) {
  return terminal.kind() == Terminal::Kind::Coloured ? Codes::KeepColours : Codes::Drop;
}

std::string how(const DevJobEnd& end) {
  std::string text;
  if (end.build_took.count() > 0) text = fmt::format("built in {}, ", shown_duration(end.build_took));
  if (end.from == node::From::Compiler) return text + fmt::format("compiled in {}", shown_duration(end.load_took));
  return text.empty() ? "from the cache" : text.substr(0, text.size() - 2);
}

}  // namespace

void DevView::begin(std::string_view version, const std::vector<std::string>& names) {
  for (const std::string& name : names) width_ = std::max(width_, name.size());
  screen_.print(fmt::format("\n  {}  {}\n\n", terminal().styled(Style::Bold, "peko dev"),
                            terminal().styled(Style::Dim, version)));
}

void DevView::line(Style style, std::string_view mark, const std::string& name, std::string_view text) {
  std::string time = "  ";
  if (started_) {
    std::string stamp;
    append_timestamp(stamp, clock_.wall_now());
    time = terminal().styled(Style::Dim, stamp.substr(11, 8)) + " ";
  }
  screen_.print(fmt::format("{}{} {:<{}}  {}\n", time, terminal().styled(style, mark), name, width_, text));
}

void DevView::serves(const std::string& name, const DevJobEnd& end, const std::filesystem::path& changed,
                     std::chrono::milliseconds took) {
  forget(name);
  if (changed.empty()) {
    line(Style::Green, "+", name, terminal().styled(Style::Dim, how(end)));
  } else {
    line(Style::Green, "+", name,
         fmt::format("{}: live in {}", printable(code::shown(changed)), shown_duration(took)) +
             (end.build_took < std::chrono::seconds(1) ? std::string()
                                                       : terminal().styled(Style::Dim, fmt::format("  {}", how(end)))));
  }
}

void DevView::failed(const std::string& name, const DevJobEnd& end, const std::filesystem::path& changed,
                     std::string_view rest) {
  const std::string_view what = end.kind == DevJobEnd::Kind::LoadFailed ? "it cannot be loaded" : "the build failed";
  const std::string why = changed.empty() ? std::string() : printable(code::shown(changed)) + ": ";
  const std::string_view serves = end.serves ? "; what served before goes on serving" : "";
  line(Style::Red, "x", name, why + terminal().styled(Style::Red, fmt::format("{}{}:", what, serves)));
  screen_.print(indented(shown_output(rest, codes_for(terminal()))) + indented(printable(end.why)));
  keep_in_sight(name, name, printable(problem_in_a_line(end.problem)));
}

void DevView::problem(const std::filesystem::path& source, const std::string& name, const Error& error) {
  const std::string message = printable(error.message);
  line(Style::Red, "x", name, terminal().styled(Style::Red, name.empty() ? "left out:" : "its settings are wrong:"));
  screen_.print(indented(message));
  keep_in_sight(source, name, message.substr(0, message.find('\n')));
}

void DevView::mended(const std::filesystem::path& source) { forget(source); }

void DevView::output(const std::string& name, std::string_view lines) {
  const std::string text = shown_output(lines, codes_for(terminal()));
  std::string shown;
  for (const std::string_view line : split(std::string_view(text).substr(0, text.find_last_not_of('\n') + 1), '\n')) {
    shown += fmt::format("    {} {}\n", terminal().styled(Style::Dim, name + " |"), line);
  }
  screen_.print(shown);
}

void DevView::removed(const std::string& name) {
  builds_.erase(name);
  forget(name);
  line(Style::Yellow, "-", name, "was removed");
}

void DevView::notice(const std::string& text) {
  screen_.print(fmt::format("  {} {}\n", terminal().styled(Style::Yellow, "!"), printable(text)));
}

void DevView::ready(const Ready& ready) {
  std::string text = "\n";
  for (const code::Function& function : ready.functions) {
    text += fmt::format("  {:<{}}  {}", function.name, width_,
                        terminal().styled(Style::Bold, url_of(function.name + "." + ready.domain, ready.address)));
    for (const std::string& route : function.routes) {
      text += terminal().styled(Style::Dim, fmt::format("  {}", route));
    }
    text += '\n';
  }
  if (!ready.default_function.empty()) {
    text += fmt::format("  {:<{}}  {}\n", "", width_,
                        terminal().styled(Style::Dim, fmt::format("every other name, as http://{}/, is answered by {}",
                                                                  reachable(ready.address), ready.default_function)));
  }
  if (!ready.admin.empty()) {
    text += fmt::format("\n  {:<{}}  http://{}/{}\n", kInspector, width_, reachable(ready.admin),
                        terminal().styled(Style::Dim, "  requests, logs, failures"));
  }
  if (!ready.functions.empty()) {
    text += fmt::format(
        "\n  {}\n", terminal().styled(
                        Style::Dim, fmt::format("A name does not resolve? curl -H 'Host: {}.{}' http://{}/",
                                                ready.functions.front().name, ready.domain, reachable(ready.address))));
  }
  const std::string_view hint = ready.watching ? "Watching for changes. Ctrl-C to stop" : "Ctrl-C to stop";
  screen_.print(text + fmt::format("  {}\n\n", terminal().styled(Style::Dim, hint)));
  started_ = true;
}

void DevView::building(const std::map<std::string, std::chrono::seconds>& builds) {
  if (builds == builds_) return;
  builds_ = builds;
  draw_footer();
}

void DevView::keep_in_sight(std::string key, const std::string& name, std::string_view what) {
  problems_[std::move(key)] = fmt::format("  {} {}{}{}", terminal().styled(Style::Red, "x"), name,
                                          name.empty() ? "" : "  ", terminal().styled(Style::Red, what));
  draw_footer();
}

void DevView::forget(const std::string& key) {
  if (problems_.erase(key) > 0) draw_footer();
}

void DevView::draw_footer() {
  std::string footer;
  for (const auto& [key, problem] : problems_) footer.append(footer.empty() ? "" : "\n").append(problem);
  for (const auto& [name, age] : builds_) {
    footer += fmt::format("{}  {}", footer.empty() ? "" : "\n",
                          terminal().styled(Style::Dim, fmt::format("building {}, {} s", name, age.count())));
  }
  screen_.set_footer(std::move(footer));
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

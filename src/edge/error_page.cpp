#include "edge/error_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "base/text.hpp"
#include "edge/page_files.hpp"

namespace peko::edge {

namespace {

// The last lines of a log, and the innermost frames: more are in the terminal.
constexpr std::size_t kLogLinesMax = 200;
constexpr std::size_t kFramesMax = 50;

// Text in an element of this name and class.
void add(std::string& page, std::string_view begin, std::string_view text, std::string_view end) {
  page += begin;
  append_html(page, text);
  page += end;
}

void begin_page(std::string& page, const FaultInfo& fault, std::string_view title) {
  page += "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n";
  add(page, "<title>", title, "</title>\n<style>\n");
  page += page_style();
  page += "</style>\n";
  fmt::format_to(std::back_inserter(page), "<header>{} &middot; <b>{}</b></header>\n", fault.status, fault.code);
  add(page, "<h1>", title, "</h1>\n");
}

void end_page(std::string& page, std::string_view request_id) {
  add(page, "<footer>Request <code>", request_id, "</code></footer>\n");
}

void add_code(std::string& page, std::string_view place, std::string_view code) {
  if (!place.empty()) add(page, "<h2>", place, "</h2>\n");
  if (code.empty()) return;
  page += "<pre class=\"code\">";
  if (code.ends_with('\n')) code.remove_suffix(1);
  for (const std::string_view line : split(code, '\n')) {
    if (line.starts_with('>')) {
      add(page, "<mark>", line, "</mark>\n");
    } else {
      add(page, "", line, "\n");
    }
  }
  page += "</pre>\n";
}

std::string place_of(std::string_view file, unsigned line, unsigned column) {
  std::string place(file);
  if (line != 0) place += fmt::format(":{}", line);
  if (line != 0 && column != 0) place += fmt::format(":{}", column);
  return place;
}

void add_problem(std::string& page, const BuildProblem& problem) {
  add(page, "<pre class=\"cause\">", trim(problem.message), "</pre>\n");
  add_code(page, place_of(problem.file, problem.line, problem.column), problem.excerpt);
  page += "<h2>What to do</h2>\n<p>Mend it and save: then the function answers here.</p>\n";
}

void add_frames(std::string& page, const std::vector<std::string>& frames) {
  if (frames.empty()) return;
  page += "<h2>Backtrace</h2>\n<ol start=\"0\">\n";
  for (const std::string& frame : frames | std::views::take(kFramesMax)) add(page, "<li>", frame, "\n");
  page += "</ol>\n";
  if (frames.size() > kFramesMax) page += fmt::format("<p><i>and {} more</i></p>\n", frames.size() - kFramesMax);
}

void add_hosts(std::string& page, const std::vector<std::string>& hosts) {
  if (hosts.empty()) return;
  page += "<h2>Functions that answer</h2>\n<ul>\n";
  for (const std::string& host : hosts) {
    add(page, "<li><a href=\"http://", host, "/\">");
    add(page, "", host, "</a>\n");
  }
  page += "</ul>\n";
}

void add_log(std::string& page, const std::vector<engine::GuestLine>& log) {
  if (log.empty()) return;
  page += "<h2>What it wrote during this request</h2>\n<pre>";
  const std::size_t skipped = log.size() - std::min(log.size(), kLogLinesMax);
  if (skipped > 0) page += fmt::format("<i>{} more lines are in the terminal</i>\n", skipped);
  for (const engine::GuestLine& line : log | std::views::drop(skipped)) {
    page += fmt::format("<i>{:<8}</i> ", to_string(line.stream));
    add(page, "", line.text, "\n");
  }
  page += "</pre>\n";
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\n':
      case '\t': out += c; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\xef\xbf\xbd";  // U+FFFD: what no text has
        } else {
          out += c;
        }
    }
  }
}

std::string error_page(const FaultInfo& fault, std::string_view request_id) {
  std::string page;
  begin_page(page, fault, fault.text);
  end_page(page, request_id);
  return page;
}

std::string error_page(const FailedRequest& failed) {
  std::string page;
  const FaultInfo& fault = info(failed.fault);
  begin_page(page, fault, failed.problem ? failed.function + " could not be built" : std::string(fault.text));
  // Where the script of live reload looks.
  if (failed.problem) page += fmt::format("<meta name=\"peko-problem\" content=\"{}\">\n", failed.problem->number);
  if (!failed.function.empty()) {
    add(page, "<p>Function <code>", failed.function, "</code>, ");
    add(page, "<code>", failed.method + ' ' + failed.target, "</code></p>\n");
  }
  if (failed.problem) {
    add_problem(page, *failed.problem);
  } else {
    if (!failed.detail.empty()) add(page, "<pre class=\"cause\">", failed.detail, "</pre>\n");
    add_code(page, failed.source.place, failed.source.text);
    if (!fault.advice.empty()) add(page, "<h2>What to do</h2>\n<p>", fault.advice, "</p>\n");
    add_hosts(page, failed.hosts);
    add_frames(page, failed.frames);
  }
  add_log(page, failed.log);
  end_page(page, failed.request_id);
  return page;
}

}  // namespace peko::edge

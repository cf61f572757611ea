#include "edge/trap_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json.hpp"
#include "base/text.hpp"

namespace peko::edge {

namespace {

// "   3:   0x1a2b - app.wasm!take" without number, offset and a module's name that nobody gave.
std::string name_in(std::string_view frame) {
  if (const std::size_t dash = frame.find(" - "); dash != std::string_view::npos) {
    frame.remove_prefix(dash + 3);
  } else if (const std::size_t colon = frame.find(": "); colon != std::string_view::npos) {
    frame.remove_prefix(colon + 2);
  }
  constexpr std::string_view kUnnamed = "<unknown>!";
  frame = trim(frame);
  if (frame.starts_with(kUnnamed)) frame.remove_prefix(kUnnamed.size());
  return std::string(frame);
}

// A frame begins with its number; other lines go on with what a hostile name has broken.
bool begins_frame(std::string_view line, std::size_t number) {
  return trim(line).starts_with(fmt::format("{}: ", number));
}

}  // namespace

std::string cause_of(std::string_view message, std::string_view reason) {
  const std::string_view first = message.substr(0, message.find('\n'));
  return reason.empty() ? std::string(first) : fmt::format("{} ({})", reason, first);
}

std::vector<std::string> frames_of(std::string_view message) {
  std::vector<std::string> frames;
  const std::size_t begin = message.find('\n');
  if (begin == std::string_view::npos) return frames;
  for (const std::string_view line : split(message.substr(begin + 1), '\n')) {
    if (begins_frame(line, frames.size())) frames.push_back(name_in(line));
  }
  return frames;
}

std::vector<std::string> script_frames_of(std::string_view message) {
  const std::size_t begin = message.find('\n');
  if (begin == std::string_view::npos) return {};
  std::vector<std::string> frames;
  for (const std::string_view line : split(message.substr(begin + 1), '\n')) frames.emplace_back(line);
  return frames;
}

void append_trap_report(std::string& out, const TrapReport& report, LogStyle style,
                        std::chrono::system_clock::time_point now) {
  std::string time;
  append_timestamp(time, now);
  if (style.form == LogStyle::Form::Json) {
    JsonWriter json(out);
    json.begin_object().key("ts").value(time).key("type").value("trap");
    json.key("function").value(report.function).key("id").value(report.request_id);
    json.key("code").value(report.code).key("cause").value(report.cause).key("backtrace").begin_array();
    for (const std::string& frame : report.frames) json.value(frame);
    json.end_array().end_object();
    return;
  }
  if (style.colour) out += "\x1b[2m";
  out.append(time, 11, 8).append(" ");
  append_safe(out, report.function);
  out.append(" ").append(report.code).append(" ");
  append_safe(out, report.request_id);
  if (style.colour) out += "\x1b[0m";
  out += " | ";
  append_safe(out, report.cause);
  for (std::size_t i = 0; i < report.frames.size(); i++) {
    fmt::format_to(std::back_inserter(out), "\n      {}: ", i);
    append_safe(out, report.frames[i]);
  }
}

}  // namespace peko::edge

#include "edge/request_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "base/control.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "edge/version_text.hpp"

namespace peko::edge {

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::size_t kMethodWidth = 6;
constexpr std::size_t kJsonBytes = 512;  // a line with a short target takes some 350

std::string_view colour_of(unsigned status) {
  if (status >= 500 || status == 0) return "\x1b[31m";
  if (status >= 400) return "\x1b[33m";
  return "\x1b[32m";
}

// Microseconds are as exact as anybody can use.
double rounded_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::round<std::chrono::microseconds>(time)).count();
}

Thousandths json_ms(std::chrono::nanoseconds time) {
  return {static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::round<std::chrono::microseconds>(time).count(), 0))};
}

void append_json(std::string& out, const RequestRecord& r, std::chrono::system_clock::time_point now) {
  out += "{\"ts\":\"";
  append_timestamp(out, now);
  out += "\",\"type\":\"request\",";
  std::string rest;
  rest.reserve(kJsonBytes);
  JsonWriter json(rest);
  json.begin_object().key("id").value(r.request_id);
  if (!r.function.empty()) json.key("function").value(r.function);
  if (r.version != 0) json.key("version").value(VersionText(r.version).view());
  if (!r.method.empty()) json.key("method").value(r.method).key("target").value(r.target);
  if (!r.peer.empty()) json.key("peer").value(r.peer);
  json.key("status").value(r.status);
  if (r.fault != nullptr) json.key("code").value(r.fault->code);
  if (r.fault != nullptr && !r.detail.empty()) json.key("detail").value(r.detail);
  if (r.fault != nullptr && !r.fault->setting.empty()) json.key("setting").value(r.fault->setting);
  if (r.aborted) json.key("aborted").value(true);
  if (r.client_gone) json.key("client_gone").value(true);
  if (r.asset) json.key("asset").value(true);
  json.key("cold").value(r.cold != pool::ColdReason::None);
  if (r.cold != pool::ColdReason::None) json.key("reason").value(pool::to_string(r.cold));
  if (r.retried) json.key("retried").value(true);
  if (r.fetch.count() > 0) json.key("fetch_ms").value(json_ms(r.fetch));
  if (r.load.count() > 0) json.key("load_ms").value(json_ms(r.load));
  if (r.queue.count() > 0) json.key("queue_ms").value(json_ms(r.queue));
  json.key("wall_ms").value(json_ms(r.wall)).key("cpu_ms").value(json_ms(r.cpu));
  json.key("memory_bytes").value(r.memory_peak_bytes);
  json.key("bytes_in").value(r.bytes_in).key("bytes_out").value(r.bytes_out);
  json.key("subrequests").value(r.subrequests);
  json.end_object();
  out.append(rest, 1);
}

// The same function has the same colour in all lines.
std::string_view colour_of(std::string_view function) {
  constexpr std::array<std::string_view, 6> kColours = {"\x1b[36m", "\x1b[35m", "\x1b[34m",
                                                        "\x1b[96m", "\x1b[95m", "\x1b[94m"};
  return kColours[std::hash<std::string_view>{}(function) % kColours.size()];
}

void append_coloured(std::string& out, LogStyle style, std::string_view colour, std::string_view text) {
  if (style.colour) out += colour;
  append_safe(out, text);
  if (style.colour) out += kReset;
}

void append_time(std::string& out, LogStyle style, std::chrono::system_clock::time_point now) {
  std::string time;
  append_timestamp(time, now);
  append_coloured(out, style, kDim, std::string_view(time).substr(11, 8));
}

std::string numbers_of(const RequestRecord& r) {
  std::string numbers = fmt::format("  {:.2f} ms", rounded_ms(r.wall));
  if (!r.asset) numbers += fmt::format("  cpu {:.2f} ms", rounded_ms(r.cpu));
  if (r.memory_peak_bytes > 0) numbers += "  " + human_bytes(r.memory_peak_bytes);
  if (const auto loading = r.fetch + r.load; loading.count() > 0)
    numbers += fmt::format("  loaded {:.2f} ms", rounded_ms(loading));
  if (r.queue.count() > 0) numbers += fmt::format("  waited {:.2f} ms", rounded_ms(r.queue));
  if (r.retried) numbers += "  on a second try";
  return numbers;
}

void append_text(std::string& out, const RequestRecord& r, LogStyle style, std::chrono::system_clock::time_point now) {
  append_time(out, style, now);
  out += ' ';
  const std::size_t method_end = out.size() + kMethodWidth;
  append_safe(out, r.method.empty() ? std::string_view("-") : r.method);
  if (out.size() < method_end) out.resize(method_end, ' ');
  out += ' ';
  if (r.client_gone) {
    append_coloured(out, style, colour_of(0), "gone");
  } else if (r.aborted) {
    append_coloured(out, style, colour_of(0), "cut");
  } else {
    append_coloured(out, style, colour_of(r.status), fmt::format("{}", r.status));
  }
  out += ' ';
  append_safe(out, r.target.empty() ? std::string_view("-") : r.target);
  std::string function(r.function.empty() ? std::string_view("-") : r.function);
  if (r.version != 0 && r.versions == RequestRecord::Versions::Several) {
    function.append(" ").append(VersionText(r.version).view());
  }
  out += "  ";
  append_coloured(out, style, colour_of(r.function), function);
  append_coloured(out, style, kDim, numbers_of(r));
  if (r.cold != pool::ColdReason::None) {
    append_coloured(out, style, "\x1b[33m", fmt::format("  cold ({})", pool::to_string(r.cold)));
  } else if (r.fault == nullptr) {
    append_coloured(out, style, kDim, r.asset ? "  asset" : "  warm");
  }
  // Whoever looks for a failure has its id from the answer.
  if (r.fault != nullptr) append_coloured(out, style, kDim, fmt::format("  id {}", r.request_id));
  if (r.fault == nullptr) return;
  out += "  ";
  append_coloured(out, style, colour_of(r.status), r.fault->code);
  if (!r.detail.empty()) {
    out += ": ";
    for (const std::string_view line : split(r.detail, '\n')) {
      if (line.data() != r.detail.data()) out += "\n    ";
      append_safe(out, line);
    }
  }
  if (!r.fault->setting.empty())
    fmt::format_to(std::back_inserter(out), "; the limit is {} in [limits] of peko.toml", r.fault->setting);
}

}  // namespace

void append_safe(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  for (;;) {
    const auto at = static_cast<std::size_t>(std::ranges::find_if_not(text, plain) - text.begin());
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) return;
    const std::size_t control = control_at(text);
    if (control == 0) out += text.front();
    for (const char each : text.substr(0, control)) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(each));
    }
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
}

void append_request(std::string& out, const RequestRecord& record, LogStyle style,
                    std::chrono::system_clock::time_point now) {
  switch (style.form) {
    case LogStyle::Form::Json: return append_json(out, record, now);
    case LogStyle::Form::Text: return append_text(out, record, style, now);
    case LogStyle::Form::Off:
      if (record.fault != nullptr) append_text(out, record, style, now);
      return;
  }
}

void append_guest_line(std::string& out, const engine::GuestLine& line, std::string_view function,
                       std::string_view request_id, LogStyle style, std::chrono::system_clock::time_point now) {
  const std::string_view stream = to_string(line.stream);
  if (style.form == LogStyle::Form::Json) {
    out += "{\"ts\":\"";
    append_timestamp(out, now);
    out += "\",\"type\":\"guest\",\"function\":";
    append_json_string(out, function);
    out += ",\"id\":";
    append_json_string(out, request_id);
    fmt::format_to(std::back_inserter(out), ",\"{}\":\"{}\",\"msg\":", is_logging(line.stream) ? "level" : "stream",
                   stream);
    append_json_string(out, line.text);
    out += '}';
    return;
  }
  append_time(out, style, now);
  out += ' ';
  append_coloured(out, style, colour_of(function), function);
  if (line.stream != engine::Stream::Stdout) {
    out += ' ';
    append_coloured(out, style, line.stream == engine::Stream::LogWarn ? "\x1b[33m" : kDim, stream);
  }
  out += " | ";
  append_safe(out, line.text);
}

}  // namespace peko::edge

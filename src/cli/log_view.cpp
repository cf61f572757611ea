#include "cli/log_view.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <vector>

#include "cloud/dates.hpp"
#include "edge/trap_report.hpp"

namespace peko::cli {
namespace {

using boost::json::object;
using Time = std::chrono::system_clock::time_point;

constexpr std::uint64_t kYear = 365ULL * 24 * 3600;
constexpr std::size_t kDayBytes = 10;  // "2026-01-31"
constexpr double kMillisecondsMax = 1e12;

std::string_view text_of(const object& from, std::string_view key) {
  const boost::json::value* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_set(const object& from, std::string_view key) {
  const boost::json::value* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

double number_of(const object& from, std::string_view key) {
  const boost::json::value* value = from.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0;
  const double number = value->is_double()  ? value->get_double()
                        : value->is_int64() ? static_cast<double>(value->get_int64())
                                            : static_cast<double>(value->get_uint64());
  return std::clamp(number, 0.0, kMillisecondsMax);
}

std::uint64_t whole_of(const object& from, std::string_view key) {
  return static_cast<std::uint64_t>(number_of(from, key));
}

std::chrono::nanoseconds time_of(const object& from, std::string_view key) {
  return std::chrono::round<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(std::min(number_of(from, key), kMillisecondsMax / 1e3)));
}

Time when(const object& from) { return cloud::parse_date(text_of(from, "ts")).value_or(Time()); }

const edge::FaultInfo* fault_of_code(std::string_view code) {
  for (std::size_t i = 0; i < edge::kFaultCount; i++) {
    const edge::FaultInfo& known = edge::info(static_cast<edge::Fault>(i));
    if (known.code == code) return &known;
  }
  return nullptr;
}

pool::ColdReason cold_of(std::string_view reason) {
  for (std::size_t i = 0; i < pool::kColdReasons; i++) {
    if (pool::to_string(static_cast<pool::ColdReason>(i)) == reason) return static_cast<pool::ColdReason>(i);
  }
  return pool::ColdReason::None;
}

// "v12" -> 12; 0 for anything else.
std::uint32_t version_of(std::string_view text) {
  std::uint32_t number = 0;
  if (text.starts_with('v')) std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return number;
}

void add_request(std::string& out, const object& from, edge::LogStyle style) {
  const edge::RequestRecord record{
      .request_id = text_of(from, "id"),
      .function = text_of(from, "function"),
      .version = version_of(text_of(from, "version")),
      .method = text_of(from, "method"),
      .target = text_of(from, "target"),
      .peer = text_of(from, "peer"),
      .status = static_cast<unsigned>(whole_of(from, "status")),
      .fault = fault_of_code(text_of(from, "code")),
      .detail = text_of(from, "detail"),
      .aborted = is_set(from, "aborted"),
      .client_gone = is_set(from, "client_gone"),
      .cold = cold_of(text_of(from, "reason")),
      .retried = is_set(from, "retried"),
      .fetch = time_of(from, "fetch_ms"),
      .load = time_of(from, "load_ms"),
      .queue = time_of(from, "queue_ms"),
      .wall = time_of(from, "wall_ms"),
      .cpu = time_of(from, "cpu_ms"),
      .memory_peak_bytes = whole_of(from, "memory_bytes"),
      .bytes_in = whole_of(from, "bytes_in"),
      .bytes_out = whole_of(from, "bytes_out"),
      .subrequests = static_cast<std::uint32_t>(whole_of(from, "subrequests")),
      .asset = is_set(from, "asset"),
  };
  append_request(out, record, style, when(from));
}

engine::Stream stream_of(const object& from) {
  const std::string_view name = from.contains("level") ? text_of(from, "level") : text_of(from, "stream");
  for (auto stream = engine::Stream::Stdout; stream < engine::Stream::LogCritical;
       stream = static_cast<engine::Stream>(std::to_underlying(stream) + 1)) {
    if (engine::to_string(stream) == name) return stream;
  }
  return engine::Stream::LogCritical;
}

void add_guest(std::string& out, const object& from, edge::LogStyle style) {
  append_guest_line(out, {.stream = stream_of(from), .text = std::string(text_of(from, "msg"))},
                    text_of(from, "function"), text_of(from, "id"), style, when(from));
}

void add_trap(std::string& out, const object& from, edge::LogStyle style) {
  const edge::FaultInfo* fault = fault_of_code(text_of(from, "code"));
  edge::TrapReport report{.function = std::string(text_of(from, "function")),
                          .request_id = std::string(text_of(from, "id")),
                          .code = fault == nullptr ? std::string_view("PEKO-TRAP") : fault->code,
                          .cause = std::string(text_of(from, "cause")),
                          .frames = {}};
  if (const boost::json::value* frames = from.if_contains("backtrace"); frames != nullptr && frames->is_array()) {
    for (const boost::json::value& frame : frames->get_array()) {
      if (frame.is_string()) report.frames.emplace_back(std::string_view(frame.get_string()));
    }
  }
  append_trap_report(out, report, style, when(from));
}

Result<boost::json::value> parsed(std::string_view json) {
  boost::system::error_code malformed;
  boost::json::value value = boost::json::parse(json, malformed);
  if (malformed || !value.is_object()) {
    return fail(Code::Invalid, "the node's answer is not what a node says: is this an admin listener of Peko?");
  }
  return value;
}

}  // namespace

Result<std::uint64_t> seconds_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint64_t seconds = 0;
  if (unit == "s") seconds = 1;
  if (unit == "m") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 24ULL * 3600;
  if (error != std::errc() || seconds == 0 || number == 0 || number > kYear / seconds) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not a time: write 30s, 5m, 2h or 1d", text));
  }
  return number * seconds;
}

void LogView::add_day(std::string& out, std::string_view time) {
  if (time.size() <= kDayBytes) return;
  time_ = time;
  const std::string_view day = time.substr(0, kDayBytes);
  if (!day_.empty() && day_ != day) {
    out += "--- ";
    edge::append_safe(out, day);
    out += '\n';
  }
  day_ = day;
}

Result<std::string> LogView::line(std::string_view json) {
  time_.clear();
  if (json.empty()) return std::string();
  const Result<boost::json::value> value = parsed(json);
  if (!value) return fail(value.error());
  const object& from = value->get_object();
  const std::string_view type = text_of(from, "type");
  std::string out;
  add_day(out, text_of(from, "ts"));
  if (type == "request") {
    add_request(out, from, style_);
  } else if (type == "guest") {
    add_guest(out, from, style_);
  } else if (type == "trap") {
    add_trap(out, from, style_);
  } else if (type == "lost") {
    out += fmt::format("... {} lines and {} requests are missing: they came faster than they were read",
                       whole_of(from, "lines"), whole_of(from, "requests"));
  } else {
    edge::append_safe(out, json);
  }
  return out += '\n';
}

Result<std::string> LogView::request(std::string_view json) {
  const Result<boost::json::value> value = parsed(json);
  if (!value) return fail(value.error());
  const object& from = value->get_object();
  std::string out;
  const auto add = [this, &out](const boost::json::value& part) {
    if (Result<std::string> text = line(boost::json::serialize(part)); text) out += *text;
  };
  if (const auto* log = from.if_contains("log"); log != nullptr && log->is_array()) {
    for (const boost::json::value& each : log->get_array()) add(each);
  }
  if (const auto* request = from.if_contains("request"); request != nullptr && request->is_object()) {
    add(*request);
  } else {
    out += "it is not over yet, or was forgotten\n";
  }
  if (const auto* phases = from.if_contains("phases"); phases != nullptr && phases->is_array()) {
    std::vector<std::string> texts;
    for (const boost::json::value& phase : phases->get_array()) {
      if (!phase.is_object()) continue;
      std::string& text = texts.emplace_back();
      edge::append_safe(text, text_of(phase.get_object(), "name"));
      fmt::format_to(std::back_inserter(text), " {:.2f} ms", number_of(phase.get_object(), "ms"));
    }
    if (!texts.empty()) out += fmt::format("         {}\n", fmt::join(texts, ", "));
  }
  if (const auto* trap = from.if_contains("trap"); trap != nullptr && trap->is_object()) add(*trap);
  return out;
}

}  // namespace peko::cli

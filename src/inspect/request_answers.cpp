#include "inspect/request_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.hpp"
#include "inspect/events.hpp"

namespace peko::inspect {

namespace {

constexpr std::uint64_t kListMax = 1000;
constexpr std::uint64_t kListDefault = 100;
constexpr std::array<std::string_view, 6> kKnown = {"function", "status", "code", "errors", "before", "limit"};

using Milliseconds = std::chrono::duration<double, std::milli>;

// "404", or "5xx" for all of a hundred.
Status read_status(std::string_view text, edge::RequestFilter& filter) {
  if (text.empty()) return {};
  const bool whole_class = text.size() == 3 && text.ends_with("xx");
  const std::string_view digits = whole_class ? text.substr(0, 1) : text;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number > 999) {
    return fail(Code::Invalid, "status is a number (404) or a class of them (5xx)");
  }
  filter.status_low = whole_class ? number * 100 : number;
  filter.status_high = whole_class ? number * 100 + 99 : number;
  return {};
}

void write_phases(std::string& out, const edge::RequestRecord& r) {
  const auto before = r.fetch + r.load + r.queue + r.instantiate;
  const std::array<std::pair<std::string_view, std::chrono::nanoseconds>, 5> phases{
      {{"fetch", r.fetch},
       {"load", r.load},
       {"queue", r.queue},
       {"instantiate", r.instantiate},
       {"handler", std::max(r.wall - before, std::chrono::nanoseconds(0))}}};
  JsonWriter json(out);
  json.begin_array();
  for (const auto& [name, time] : phases) {
    if (time.count() == 0 && name != "handler") continue;
    json.begin_object().key("name").value(name).key("ms").value(Milliseconds(time).count()).end_object();
  }
  json.end_array();
}

}  // namespace

Result<edge::RequestFilter> request_filter(std::string_view text) {
  const Result<Query> query = Query::parse(text, kKnown);
  if (!query) return fail(query.error());
  const Result<std::uint64_t> limit = query->number("limit", 1, kListMax, kListDefault);
  if (!limit) return fail(limit.error());
  const Result<bool> errors = query->flag("errors");
  if (!errors) return fail(errors.error());
  edge::RequestFilter filter;
  filter.function = query->text("function");
  filter.code = query->text("code");
  filter.before = query->text("before");
  filter.failures_only = *errors;
  filter.limit = *limit;
  if (Status status = read_status(query->text("status"), filter); !status) return fail(std::move(status.error()));
  return filter;
}

Reply request_list(std::vector<std::vector<edge::RequestCopy>> parts, const edge::RequestFilter& filter) {
  std::vector<const edge::RequestCopy*> all;
  for (const std::vector<edge::RequestCopy>& part : parts) {
    for (const edge::RequestCopy& copy : part) all.push_back(&copy);
  }
  std::ranges::sort(all, std::greater<>(), [](const edge::RequestCopy* copy) { return copy->kept.id.view(); });
  const bool more = all.size() >= filter.limit;
  if (more) all.resize(filter.limit);
  std::string body = "{\"requests\":[";
  for (const edge::RequestCopy* copy : all) {
    if (copy != all.front()) body += ',';
    append_json(body, *copy);
  }
  body += ']';
  if (more) body += fmt::format(",\"next\":\"{}\"", all.back()->kept.id.view());
  return {.type = kJsonType, .body = body + "}\n"};
}

Reply request_page(const std::vector<RequestParts>& parts, const std::optional<KeptTrap>& trap, std::string_view id) {
  const RequestParts* found = nullptr;
  for (const RequestParts& part : parts) {
    if (part.request || !part.lines.empty()) found = &part;
  }
  if (found == nullptr && !trap) {
    std::string body;
    JsonWriter(body)
        .begin_object()
        .key("error")
        .value(fmt::format("nothing is known of request {}: it ran on another node, was too long ago ([inspect] "
                           "requests), or is under way and has printed nothing",
                           id))
        .end_object();
    return {.status = 404, .type = kJsonType, .body = body + "\n"};
  }
  std::string body = "{\"request\":";
  if (found != nullptr && found->request) {
    append_json(body, *found->request);
    body += ",\"phases\":";
    write_phases(body, found->request->record());
  } else {
    body += "null,\"phases\":[]";
  }
  body += ",\"log\":[";
  if (found != nullptr) {
    for (const edge::LineCopy& line : found->lines) {
      if (&line != &found->lines.front()) body += ',';
      append_json(body, line);
    }
  }
  body += "],\"trap\":";
  if (trap) {
    append_json(body, *trap);
  } else {
    body += "null";
  }
  return {.type = kJsonType, .body = body + "}\n"};
}

}  // namespace peko::inspect

#include "inspect/inspector.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "inspect/query.hpp"
#include "inspect/request_answers.hpp"

namespace peko::inspect {

namespace {

constexpr std::string_view kRequests = "/api/requests";
constexpr std::string_view kRequest = "/api/requests/";
constexpr std::string_view kLogs = "/api/logs";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

Reply problem(unsigned status, std::string_view what) {
  std::string body;
  JsonWriter(body).begin_object().key("error").value(what).end_object();
  return {.status = status, .type = kJsonType, .body = body + "\n"};
}

}  // namespace

bool Inspector::knows(std::string_view path) {
  return path == kRequests || path == kLogs || (path.starts_with(kRequest) && path.size() > kRequest.size());
}

void Inspector::handle(http::Exchange& exchange, const Sources& sources) {
  const std::string_view path = path_of(exchange.head().target);
  if (path == kRequests) return list_requests(exchange, sources);
  if (path == kLogs) return stream_log(exchange, sources);
  show_request(exchange, sources, std::string(path.substr(kRequest.size())));
}

void Inspector::list_requests(http::Exchange& exchange, const Sources& sources) {
  using Part = std::vector<edge::RequestCopy>;
  Result<edge::RequestFilter> filter = request_filter(query_of(exchange.head().target));
  if (!filter) return send(exchange, problem(400, filter.error().message));
  answer_by<Part>(
      exchange, sources.loops,
      [filter = *filter](std::size_t, const edge::Edge& edge) { return edge.history().requests(filter); },
      [filter = *filter](std::vector<std::optional<Part>> parts) {
        std::vector<Part> found;
        for (std::optional<Part>& part : parts) found.push_back(std::move(part).value_or(Part()));
        return request_list(std::move(found), filter);
      });
}

void Inspector::show_request(http::Exchange& exchange, const Sources& sources, std::string id) {
  answer_by<RequestParts>(
      exchange, sources.loops,
      [id](std::size_t, const edge::Edge& edge) {
        return RequestParts{.request = edge.history().request(id), .lines = edge.history().lines_of(id)};
      },
      [id, traps = &sources.traps](std::vector<std::optional<RequestParts>> parts) {
        std::vector<RequestParts> found;
        for (std::optional<RequestParts>& part : parts) found.push_back(std::move(part).value_or(RequestParts()));
        return request_page(found, traps->find(id), id);
      });
}

void Inspector::stream_log(http::Exchange& exchange, const Sources& sources) {
  Result<LogQuery> query = log_query(query_of(exchange.head().target), clock_.wall_now());
  if (!query) return send(exchange, problem(400, query.error().message));
  if (exchange.head().method == "HEAD") query->follow = Follow::No;
  std::erase_if(streams_, [](const auto& stream) { return stream->over(); });
  if (streams_.size() >= kFollowersMax) {
    return send(exchange, problem(503, "as many read the logs of this node already as may (16): try again later"));
  }
  streams_.push_back(LogStream::begin(exchange, home_, sources.loops, sources.traps, std::move(*query)));
}

void Inspector::stop() {
  pending_.clear();
  for (const auto& stream : streams_) stream->end();
  streams_.clear();
}

}  // namespace peko::inspect

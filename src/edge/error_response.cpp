#include "edge/error_response.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"

namespace peko::edge {

namespace {

std::string make_body(const FaultInfo& fault, std::string_view request_id, std::string_view detail, BodyFormat format) {
  std::string body;
  if (format == BodyFormat::Json) {
    JsonWriter json(body);
    json.begin_object().key("error").value(fault.code).key("message").value(fault.text);
    if (!detail.empty()) json.key("detail").value(detail);
    json.key("request_id").value(request_id).end_object();
  } else {
    body.append(fault.code).append(": ").append(fault.text);
    if (!detail.empty()) body.append(" ").append(detail);
  }
  return body.append("\n");
}

}  // namespace

BodyFormat preferred_format(http::Fields request_fields) {
  const std::optional<std::string_view> accept = http::find(request_fields, "accept");
  if (!accept) return BodyFormat::Text;
  const std::size_t json = accept->find("json");
  return json < std::min(accept->find("text/html"), accept->find("text/plain")) ? BodyFormat::Json : BodyFormat::Text;
}

ErrorResponse::ErrorResponse(Fault fault, std::string_view request_id, std::string_view detail, BodyFormat format)
    : fault_(fault), body_(make_body(info(fault), request_id, detail, format)), length_(std::to_string(body_.size())) {
  add("content-type", format == BodyFormat::Json ? "application/json" : "text/plain; charset=utf-8");
  add("content-length", length_);
  add("cache-control", "no-store");
  add("peko-error", info(fault).code);
  add("peko-request-id", request_id);
  if (fault == Fault::Overloaded || fault == Fault::Store) add("retry-after", "1");
}

http::Chunk ErrorResponse::take_body() { return http::Chunk::of(std::move(body_)); }

}  // namespace peko::edge

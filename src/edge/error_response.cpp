#include "edge/error_response.hpp"

#include <utility>

#include "base/json.hpp"
#include "edge/error_page.hpp"

namespace peko::edge {

namespace {

// What a page needs and no more, so that text which got past the escaping could do nothing. The script is that of live
// reload, which only pages of `peko dev` have.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'";

std::string_view type_of(BodyFormat format) {
  switch (format) {
    case BodyFormat::Json: return "application/json";
    case BodyFormat::Html: return "text/html; charset=utf-8";
    case BodyFormat::Text: break;
  }
  return "text/plain; charset=utf-8";
}

std::string make_body(const FaultInfo& fault, std::string_view request_id, std::string_view detail, BodyFormat format) {
  if (format == BodyFormat::Html) return error_page(fault, request_id);
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

ErrorResponse::ErrorResponse(Fault fault, std::string_view request_id, std::string_view detail, BodyFormat format)
    : fault_(fault), body_(make_body(info(fault), request_id, detail, format)), length_(std::to_string(body_.size())) {
  add_fields(type_of(format), request_id);
}

ErrorResponse::ErrorResponse(Fault fault, std::string_view request_id, std::string page)
    : fault_(fault), body_(std::move(page)), length_(std::to_string(body_.size())) {
  add_fields(type_of(BodyFormat::Html), request_id);
}

void ErrorResponse::add_fields(std::string_view type, std::string_view request_id) {
  add("content-type", type);
  add("content-length", length_);
  add("cache-control", "no-store");
  if (type == type_of(BodyFormat::Html)) add("content-security-policy", kPagePolicy);
  add("peko-error", info(fault_).code);
  add("peko-request-id", request_id);
  if (fault_ == Fault::Overloaded || fault_ == Fault::Store) add("retry-after", "1");
}

http::Chunk ErrorResponse::take_body() { return http::Chunk::of(std::move(body_)); }

}  // namespace peko::edge

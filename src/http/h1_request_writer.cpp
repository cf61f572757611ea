#include "http/h1_request_writer.hpp"

#include <algorithm>

#include "http/grammar.hpp"

namespace peko::http {
namespace {

bool is_ours(std::string_view name) {
  return is_hop_by_hop(name) || iequals(name, "host") || iequals(name, "content-length") || iequals(name, "expect");
}

bool is_target(std::string_view method, std::string_view target) {
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') && is_path_and_query(target);
}

bool is_well_formed(const ClientRequest& request) {
  return is_token(request.method) && request.method != "CONNECT" && is_target(request.method, request.target) &&
         parse_authority(request.authority) == request.authority &&
         std::ranges::all_of(request.fields,
                             [](const Field& field) { return is_token(field.name) && is_field_value(field.value); });
}

/// RFC 9110, 8.6: these say so when they have no body; the others mean it by saying nothing.
bool announces_no_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

}  // namespace

Framing request_framing(const ClientRequest& request) {
  if (!request.body_length) return {BodyEnd::Chunked, std::nullopt};
  if (*request.body_length > 0) return {BodyEnd::Length, request.body_length};
  return {BodyEnd::None, announces_no_body(request.method) ? std::optional<std::uint64_t>(0) : std::nullopt};
}

bool write_request_head(std::string& out, const ClientRequest& request) {
  if (!is_well_formed(request)) return false;
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  out.append("host: ").append(request.authority).append("\r\n");
  for (const Field& field : request.fields) {
    if (!is_ours(field.name)) out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  const Framing framing = request_framing(request);
  if (framing.end == BodyEnd::Chunked) out += "transfer-encoding: chunked\r\n";
  if (framing.content_length) out.append("content-length: ").append(std::to_string(*framing.content_length)) += "\r\n";
  out += "\r\n";
  return true;
}

bool is_idempotent(std::string_view method) {
  constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(kIdempotent, method) != std::end(kIdempotent);
}

}  // namespace peko::http

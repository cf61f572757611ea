/// Writes the heads of requests of HTTP/1.1. Pure functions that append to a buffer of the caller.
#pragma once

#include <string>

#include "http/client.hpp"
#include "http/framing.hpp"

namespace peko::http {

/// How the body of a request ends: None without one, Length, or Chunked when its length is not known.
Framing request_framing(const ClientRequest& request);

/// Appends the request line and all fields: Host first, then the caller's, then ours for the framing. Fields of the
/// hop, host, expect and content-length of the caller are left out. Returns false, having appended nothing, when a part
/// is malformed, so that no caller can break the framing: a method that is no token (or is CONNECT), a target that is
/// not in origin form (or "*" for OPTIONS), an authority that is none, a field name or value with characters of none.
bool write_request_head(std::string& out, const ClientRequest& request);

/// RFC 9110, 9.2.2: sent twice, it does what it does when sent once. As methods are case-sensitive, unknown ones are
/// not.
bool is_idempotent(std::string_view method);

}  // namespace peko::http

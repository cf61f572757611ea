#include "cloud/sigv4.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "cloud/dates.hpp"
#include "cloud/url.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
// A week: what S3 takes at most.
constexpr std::chrono::seconds kLifetimeMax{604'800};

// "Trimall": without white space around it, and one space in place of several.
std::string trim_all(std::string_view value) {
  std::string trimmed;
  for (const char c : trim(value)) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space) {
      trimmed += c;
    } else if (!trimmed.ends_with(' ')) {
      trimmed += ' ';
    }
  }
  return trimmed;
}

struct CanonicalHeaders {
  std::string lines;  // each ends with a line end
  std::string names;  // joined by ';'
};

CanonicalHeaders canonical(const Headers& headers) {
  // The values of one name stay in their order.
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : headers) {
    const auto [at, first] = sorted.try_emplace(lower_case(name), trim_all(value));
    if (!first) at->second += "," + trim_all(value);
  }
  CanonicalHeaders result;
  for (const auto& [name, value] : sorted) {
    result.lines += fmt::format("{}:{}\n", name, value);
    if (!result.names.empty()) result.names += ';';
    result.names += name;
  }
  return result;
}

// Sorted by name, then by value, each with its '='.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    parameters.emplace_back(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())));
  }
  std::ranges::sort(parameters);
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

std::string_view bytes_of(const Digest& digest) {
  // Safety: char may alias any bytes.
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The date, region and service that a signing key is good for.
std::string scope_text(const SigningScope& scope, std::string_view date) {
  return fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), scope.region, scope.service);
}

std::string signature_of(std::string_view canonical_request, const Credentials& credentials, const SigningScope& scope,
                         std::string_view date) {
  Digest key = hmac_sha256("AWS4" + credentials.secret_access_key, date.substr(0, 8));
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = hmac_sha256(bytes_of(key), part);
  }
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope_text(scope, date), hex(sha256(canonical_request)));
  return hex(hmac_sha256(bytes_of(key), text));
}

}  // namespace

void sign(HttpRequest& request, const Credentials& credentials, const SigningScope& scope,
          std::string_view payload_hash, std::chrono::system_clock::time_point now) {
  const auto url = Url::parse(request.url);
  if (!url) return;
  const std::string date = basic_date(now);
  const auto set = [&request](std::string_view name, std::string_view value) {
    std::erase_if(request.headers, [name](const auto& header) { return lower_case(header.first) == name; });
    if (!value.empty()) request.headers.emplace_back(name, value);
  };
  set("authorization", {});
  set("host", url->host_header());
  set("x-amz-date", date);
  set("x-amz-security-token", credentials.session_token);
  if (scope.service == "s3") set("x-amz-content-sha256", payload_hash);

  const CanonicalHeaders headers = canonical(request.headers);
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, url->path, canonical_query(url->query),
                                       headers.lines, headers.names, payload_hash);
  set("authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key_id,
                  scope_text(scope, date), headers.names, signature_of(text, credentials, scope, date)));
}

std::string presign(std::string_view method, std::string_view url, const Credentials& credentials,
                    const SigningScope& scope, std::chrono::seconds lifetime,
                    std::chrono::system_clock::time_point now) {
  url = url.substr(0, url.find('#'));
  const auto parsed = Url::parse(url);
  if (!parsed) return std::string(url);
  const std::string date = basic_date(now);
  std::string query(parsed->query);
  const auto add = [&query](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(uri_encode(value, Slash::Encode));
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", fmt::format("{}/{}", credentials.access_key_id, scope_text(scope, date)));
  add("X-Amz-Date", date);
  add("X-Amz-Expires", fmt::format("{}", std::min(lifetime, kLifetimeMax).count()));
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);
  add("X-Amz-SignedHeaders", "host");

  const std::string text = fmt::format("{}\n{}\n{}\nhost:{}\n\nhost\n{}", method, parsed->path, canonical_query(query),
                                       parsed->host_header(), kUnsignedPayload);
  add("X-Amz-Signature", signature_of(text, credentials, scope, date));
  return fmt::format("{}://{}{}?{}", parsed->scheme, parsed->authority, parsed->path, query);
}

std::string uri_encode(std::string_view text, Slash slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (kPlain.contains(c) || (c == '/' && slash == Slash::Keep)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return encoded;
}

}  // namespace peko::cloud

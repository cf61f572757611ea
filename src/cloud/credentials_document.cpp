#include "cloud/credentials_document.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <pugixml.hpp>

#include "cloud/dates.hpp"

namespace peko::cloud {
namespace {

namespace json = boost::json;

// AWS's have 20, 40 and some 1,000 bytes; MinIO's and others' are longer than that at times.
constexpr std::size_t kIdBytesMax = 256;
constexpr std::size_t kSecretBytesMax = 1024;
constexpr std::size_t kTokenBytesMax = 16'384;
constexpr std::size_t kRefusalBytesMax = 300;

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

// Nothing when it is not JSON, or no object.
std::optional<json::object> parse_object(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

// Empty when there is none; nothing when it is no text.
std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || value->is_null()) return "";
  if (!value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

Result<Credentials> make(std::optional<std::string> id, std::optional<std::string> secret,
                         std::optional<std::string> token, std::optional<std::string> expiration) {
  if (!id || !secret || !token || !expiration) return fail(Code::Invalid, "a value that should be text is not");
  Credentials credentials{
      .access_key_id = *std::move(id), .secret_access_key = *std::move(secret), .session_token = *std::move(token)};
  if (const auto checked = check_credentials(credentials); !checked) return fail(checked.error());
  if (expiration->empty()) return credentials;
  credentials.expires = parse_date(*expiration);
  if (!credentials.expires) return fail(Code::Invalid, "its Expiration is no date");
  return credentials;
}

std::string visible(std::string_view text) {
  std::string shown(text.substr(0, kRefusalBytesMax));
  std::ranges::replace_if(shown, [](char c) { return c < ' ' || c >= '\x7f'; }, ' ');
  return shown;
}

// "code: message", or the one of them that there is.
std::string joined(std::string_view code, std::string_view message) {
  if (code.empty() || message.empty()) return visible(code.empty() ? message : code);
  return visible(fmt::format("{}: {}", code, message));
}

std::string refusal_in(const json::object& object) {
  // The container agent, Pod Identity and the instance's service each spell it their own way.
  std::string code;
  std::string message;
  for (const std::string_view name : {"Code", "code"}) {
    if (code.empty()) code = text_of(object, name).value_or("");
  }
  for (const std::string_view name : {"Message", "message"}) {
    if (message.empty()) message = text_of(object, name).value_or("");
  }
  return joined(code, message);
}

}  // namespace

Result<Credentials> parse_credentials_json(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return fail(Code::Invalid, "the answer is no JSON object");
  const auto code = text_of(*object, "Code");
  if (!code || (!code->empty() && *code != "Success")) {
    return fail(Code::Invalid, fmt::format("it has none to give: {}", refusal_in(*object)));
  }
  return make(text_of(*object, "AccessKeyId"), text_of(*object, "SecretAccessKey"), text_of(*object, "Token"),
              text_of(*object, "Expiration"));
}

Result<Credentials> parse_credentials_xml(std::string_view text) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return fail(Code::Invalid, "the answer is no XML");
  const pugi::xml_node found =
      document.child("AssumeRoleWithWebIdentityResponse").child("AssumeRoleWithWebIdentityResult").child("Credentials");
  if (!found) return fail(Code::Invalid, "the answer has no Credentials");
  const auto value = [&found](const char* name) { return std::string(found.child_value(name)); };
  return make(value("AccessKeyId"), value("SecretAccessKey"), value("SessionToken"), value("Expiration"));
}

std::string parse_refusal(std::string_view text) {
  if (const auto object = parse_object(text)) return refusal_in(*object);
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return "";
  const pugi::xml_node error = document.child("ErrorResponse").child("Error");
  return joined(error.child_value("Code"), error.child_value("Message"));
}

Status check_credentials(const Credentials& credentials) {
  // What separates the id from its neighbours in a signed request.
  constexpr std::string_view kSeparators = "/,";
  const std::string& id = credentials.access_key_id;
  if (id.empty() || id.size() > kIdBytesMax || !is_visible(id) || id.find_first_of(kSeparators) != std::string::npos) {
    return fail(Code::Invalid, "the access key id is missing or malformed");
  }
  const std::string& secret = credentials.secret_access_key;
  if (secret.empty() || secret.size() > kSecretBytesMax || !is_visible(secret)) {
    return fail(Code::Invalid, "the secret access key is missing or malformed");
  }
  if (credentials.session_token.size() > kTokenBytesMax || !is_visible(credentials.session_token)) {
    return fail(Code::Invalid, "the session token is malformed");
  }
  return {};
}

}  // namespace peko::cloud

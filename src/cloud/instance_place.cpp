#include <fmt/core.h>

#include "base/text.hpp"
#include "cloud/credentials_document.hpp"
#include "cloud/credentials_place.hpp"
#include "cloud/metadata_request.hpp"
#include "cloud/sigv4.hpp"
#include "cloud/url.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kDisabled = "AWS_EC2_METADATA_DISABLED";
constexpr std::string_view kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
// IAM's limit is 64.
constexpr std::size_t kRoleBytesMax = 256;

std::string endpoint_of(const Environment& environment) {
  std::string endpoint = value_of(environment, kEndpoint);
  if (endpoint.empty()) {
    const bool v6 = lower_case(value_of(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")) == "ipv6";
    endpoint = v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

class InstancePlace final : public CredentialsPlace {
 public:
  InstancePlace(const Environment& environment, HttpTransport& transport)
      : disabled_(is_true(environment, kDisabled)), endpoint_(endpoint_of(environment)), transport_(transport) {}

  Result<Credentials> look() override {
    if (disabled_) return fail(Code::NotFound, fmt::format("EC2's metadata service is off ({}=true)", kDisabled));
    if (!Url::parse(endpoint_)) return fail(Code::Denied, fmt::format("{} is no URL of http or https", kEndpoint));
    const auto token = fetch_token();
    if (!token) return fail(token.error());
    const auto role = fetch_role(*token);
    if (!role) return fail(role.error());
    const auto text = get(fmt::format("{}{}", kRoles, uri_encode(*role, Slash::Encode)), *token);
    if (!text) return fail(text.error(), fmt::format("asking EC2's metadata service for role {}", *role));
    auto credentials = parse_credentials_json(*text);
    if (!credentials) {
      return fail(Code::Unavailable, fmt::format("EC2's metadata service gave no credentials of role {}: {}", *role,
                                                 credentials.error().message));
    }
    return credentials;
  }

 private:
  // A machine without this service has nobody at its address. Once it has answered, silence is a failure of it.
  Result<std::string> fetch_token() {
    HttpRequest request = metadata_request(endpoint_ + "/latest/api/token");
    request.method = "PUT";
    // As long as the service allows (6 h); the token is used at once.
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    auto response = transport_.send(request);
    if (!response) {
      if (answered_) return fail(response.error(), "asking EC2's metadata service");
      // The hop limit of an instance keeps the answer from containers: from there it looks the same.
      return fail(Code::NotFound,
                  fmt::format("no metadata service of EC2 at {} ({}; in a container on EC2, the instance's hop limit "
                              "for metadata has to be 2)",
                              endpoint_, response.error().message));
    }
    const unsigned status = response->status;
    auto token = metadata_in(*std::move(response));
    if (!token && token.error().code == Code::Denied) {
      // 403: switched off for the instance; 404, 405: another cloud's service.
      return fail(Code::NotFound,
                  fmt::format("the metadata service at {} gives no token (status {})", endpoint_, status));
    }
    if (!token) return fail(token.error(), "asking EC2's metadata service for a token");
    if (!fits_header(trim(*token))) {
      return fail(Code::NotFound, fmt::format("the metadata service at {} gives no token of EC2", endpoint_));
    }
    answered_ = true;
    return std::string(trim(*token));
  }

  Result<std::string> fetch_role(const std::string& token) {
    const auto roles = get(std::string(kRoles), token);
    if (!roles && roles.error().code == Code::Denied) {
      return fail(Code::NotFound,
                  fmt::format("this EC2 instance has no role ({}): attach an instance profile", roles.error().message));
    }
    if (!roles) return fail(roles.error(), "asking EC2's metadata service for the instance's role");
    std::string role(trim(split(trim(*roles), '\n').front()));
    if (role.empty()) return fail(Code::NotFound, "this EC2 instance has no role: attach an instance profile");
    if (role.size() > kRoleBytesMax || !fits_url(role)) {
      return fail(Code::Unavailable, "EC2's metadata service names a role that can be none");
    }
    return role;
  }

  [[nodiscard]] Result<std::string> get(const std::string& path, const std::string& token) const {
    HttpRequest request = metadata_request(endpoint_ + path);
    request.headers = {{"x-aws-ec2-metadata-token", token}};
    return ask_metadata(transport_, request);
  }

  const bool disabled_;
  const std::string endpoint_;
  HttpTransport& transport_;
  bool answered_ = false;
};

}  // namespace

std::unique_ptr<CredentialsPlace> instance_place(const Environment& environment, HttpTransport& transport) {
  return std::make_unique<InstancePlace>(environment, transport);
}

}  // namespace peko::cloud

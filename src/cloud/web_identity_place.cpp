#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "cloud/credentials_document.hpp"
#include "cloud/credentials_place.hpp"
#include "cloud/metadata_request.hpp"
#include "cloud/profile.hpp"
#include "cloud/sigv4.hpp"
#include "cloud/url.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kTokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE";
constexpr std::string_view kRole = "AWS_ROLE_ARN";
constexpr std::string_view kEndpoint = "AWS_ENDPOINT_URL_STS";

bool is_region(std::string_view region) {
  return std::ranges::all_of(region,
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

class WebIdentityPlace final : public CredentialsPlace {
 public:
  WebIdentityPlace(Environment environment, HttpTransport& transport)
      : environment_(std::move(environment)), transport_(transport) {}

  Result<Credentials> look() override {
    const std::string file = value_of(environment_, kTokenFile);
    const std::string role = value_of(environment_, kRole);
    if (file.empty()) return fail(Code::NotFound, fmt::format("no {}, as EKS sets it", kTokenFile));
    if (role.empty()) return fail(Code::Denied, fmt::format("the environment has {} but no {}", kTokenFile, kRole));
    const auto token = read_token_file(file);
    if (!token) return fail(token.error(), kTokenFile);
    const auto endpoint = find_endpoint();
    if (!endpoint) return fail(endpoint.error());

    const std::string doing = fmt::format("asking {} for role {}", *endpoint, role);
    const auto text = ask_metadata(transport_, make_request(*endpoint, role, *token));
    if (!text) return fail(text.error(), doing);
    auto credentials = parse_credentials_xml(*text);
    if (!credentials) return fail(Code::Unavailable, fmt::format("{}: {}", doing, credentials.error().message));
    return credentials;
  }

 private:
  [[nodiscard]] Result<std::string> find_endpoint() const {
    std::string endpoint = value_of(environment_, kEndpoint);
    if (!endpoint.empty()) {
      if (!Url::parse(endpoint)) return fail(Code::Denied, fmt::format("{} is no URL of http or https", kEndpoint));
      return endpoint;
    }
    const auto region = default_region(environment_);
    if (!region) return fail(region.error());
    if (!is_region(*region)) return fail(Code::Denied, fmt::format("{} is no region of AWS", *region));
    if (region->empty()) return "https://sts.amazonaws.com/";
    return fmt::format("https://sts.{}.amazonaws.com{}/", *region, region->starts_with("cn-") ? ".cn" : "");
  }

  [[nodiscard]] HttpRequest make_request(const std::string& endpoint, const std::string& role,
                                         const std::string& token) const {
    std::string session = value_of(environment_, "AWS_ROLE_SESSION_NAME");
    if (session.empty()) session = fmt::format("peko-{}", ::getpid());
    const std::string form = fmt::format(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
        uri_encode(role, Slash::Encode), uri_encode(session, Slash::Encode), uri_encode(token, Slash::Encode));
    // Not a service of this machine: a proxy may be in between, and more time.
    return {.method = "POST",
            .url = endpoint,
            .headers = {{"content-type", "application/x-www-form-urlencoded"}},
            .body_size = form.size(),
            .body = [form](std::uint64_t offset, std::size_t bytes_max) -> Result<std::string_view> {
              return std::string_view(form).substr(offset, bytes_max);
            },
            .stall_timeout = std::chrono::milliseconds(5'000),
            .total_timeout = std::chrono::milliseconds(5'000)};
  }

  const Environment environment_;
  HttpTransport& transport_;
};

}  // namespace

std::unique_ptr<CredentialsPlace> web_identity_place(Environment environment, HttpTransport& transport) {
  return std::make_unique<WebIdentityPlace>(std::move(environment), transport);
}

}  // namespace peko::cloud

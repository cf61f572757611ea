#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cloud/credentials_document.hpp"
#include "cloud/credentials_place.hpp"
#include "cloud/metadata_request.hpp"
#include "cloud/url.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

// ECS's agent, and EKS's Pod Identity agent by IPv4 and IPv6.
constexpr std::array<std::string_view, 3> kAgents{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

// Four numbers of which the first one is 127, and nothing that a resolver would have to look up.
bool is_loopback(std::string_view host) {
  const bool v4 = host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
                  host.find_first_not_of("0123456789.") == std::string_view::npos;
  return v4 || host == "::1" || host == "localhost";
}

// Without TLS, the token and the answer only go where nobody in between can be.
bool may_be_asked(const Url& url) {
  return url.secure() || is_loopback(url.host) || std::ranges::find(kAgents, url.host) != kAgents.end();
}

class ContainerPlace final : public CredentialsPlace {
 public:
  ContainerPlace(Environment environment, HttpTransport& transport)
      : environment_(std::move(environment)), transport_(transport) {}

  Result<Credentials> look() override {
    auto request = make_request();
    if (!request) return fail(request.error());
    const auto text = ask_metadata(transport_, *request);
    if (!text) return fail(text.error(), "asking the container's agent for credentials");
    auto credentials = parse_credentials_json(*text);
    if (!credentials) {
      return fail(Code::Unavailable, "the container's agent gave no credentials: " + credentials.error().message);
    }
    return credentials;
  }

 private:
  [[nodiscard]] Result<HttpRequest> make_request() const {
    const auto url = url_to_ask();
    if (!url) return fail(url.error());
    HttpRequest request = metadata_request(*url);
    request.headers = {{"accept", "application/json"}};
    const auto token = authorization();
    if (!token) return fail(token.error());
    if (!token->empty()) request.headers.emplace_back("authorization", *token);
    return request;
  }

  [[nodiscard]] Result<std::string> url_to_ask() const {
    const std::string relative = value_of(environment_, kRelative);
    if (!relative.empty()) {
      if (!relative.starts_with('/') || !fits_url(relative)) {
        return fail(Code::Denied, fmt::format("{} is no path", kRelative));
      }
      return "http://169.254.170.2" + relative;
    }
    std::string full = value_of(environment_, kFull);
    if (full.empty())
      return fail(Code::NotFound, fmt::format("no {} or {}, as ECS and EKS set them", kRelative, kFull));
    const auto url = Url::parse(full);
    if (!url || !fits_url(full)) return fail(Code::Denied, fmt::format("{} is no URL of http or https", kFull));
    if (!may_be_asked(*url)) {
      return fail(Code::Denied, fmt::format("{} names the host {} without TLS: over http, only this machine and the "
                                            "agents of ECS and EKS are asked; use https",
                                            kFull, url->host));
    }
    return full;
  }

  // Empty: none is asked for. The file is read each time: whoever writes it renews it.
  [[nodiscard]] Result<std::string> authorization() const {
    const std::string file = value_of(environment_, kTokenFile);
    if (!file.empty()) {
      auto token = read_token_file(file);
      if (!token) return fail(token.error(), kTokenFile);
      return token;
    }
    std::string token = value_of(environment_, kToken);
    if (!token.empty() && !fits_header(token)) {
      return fail(Code::Denied, fmt::format("{} is no token in one line", kToken));
    }
    return token;
  }

  const Environment environment_;
  HttpTransport& transport_;
};

}  // namespace

std::unique_ptr<CredentialsPlace> container_place(Environment environment, HttpTransport& transport) {
  return std::make_unique<ContainerPlace>(std::move(environment), transport);
}

}  // namespace peko::cloud

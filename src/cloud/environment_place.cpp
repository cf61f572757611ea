#include <fmt/core.h>

#include "cloud/credentials_place.hpp"

namespace peko::cloud {
namespace {

class EnvironmentPlace final : public CredentialsPlace {
 public:
  explicit EnvironmentPlace(Environment environment) : environment_(std::move(environment)) {}

  Result<Credentials> look() override {
    constexpr std::string_view kId = "AWS_ACCESS_KEY_ID";
    constexpr std::string_view kSecret = "AWS_SECRET_ACCESS_KEY";
    Credentials credentials{.access_key_id = value_of(environment_, kId),
                            .secret_access_key = value_of(environment_, kSecret),
                            .session_token = value_of(environment_, "AWS_SESSION_TOKEN")};
    const bool has_id = !credentials.access_key_id.empty();
    const bool has_secret = !credentials.secret_access_key.empty();
    if (!has_id && !has_secret) return fail(Code::NotFound, fmt::format("the environment has no {}", kId));
    if (has_id != has_secret) {
      return fail(Code::Denied, fmt::format("the environment has {} but no {}: set both or neither",
                                            has_id ? kId : kSecret, has_id ? kSecret : kId));
    }
    return credentials;
  }

 private:
  const Environment environment_;
};

}  // namespace

std::unique_ptr<CredentialsPlace> environment_place(Environment environment) {
  return std::make_unique<EnvironmentPlace>(std::move(environment));
}

}  // namespace peko::cloud

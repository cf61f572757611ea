#include <fmt/core.h>

#include <array>

#include "cloud/credentials_place.hpp"
#include "cloud/profile.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kId = "aws_access_key_id";
constexpr std::string_view kSecret = "aws_secret_access_key";

// Means of getting credentials that need a browser, another program or another account's role.
constexpr std::array<std::string_view, 5> kOtherMeans{"sso_session", "sso_start_url", "login_session",
                                                      "credential_process", "role_arn"};

class ProfilePlace final : public CredentialsPlace {
 public:
  explicit ProfilePlace(Environment environment) : environment_(std::move(environment)) {}

  Result<Credentials> look() override {
    const auto profile = Profile::read(environment_);
    if (!profile) return fail(profile.error());
    if (!profile->found) return missing(*profile);
    Credentials credentials{.access_key_id = profile->value(kId),
                            .secret_access_key = profile->value(kSecret),
                            .session_token = profile->value("aws_session_token")};
    const bool has_id = !credentials.access_key_id.empty();
    const bool has_secret = !credentials.secret_access_key.empty();
    if (has_id && has_secret) return credentials;
    if (has_id != has_secret) {
      return fail(Code::Denied, fmt::format("profile {} in {} has {} but no {}", profile->name, profile->files,
                                            has_id ? kId : kSecret, has_id ? kSecret : kId));
    }
    return without_keys(*profile);
  }

 private:
  static std::unexpected<Error> missing(const Profile& profile) {
    if (profile.chosen == Profile::Chosen::ByName) {
      return fail(Code::Denied,
                  fmt::format("AWS_PROFILE is {}, but there is no such profile in {}", profile.name,
                              profile.files.empty() ? "the home folder: HOME is not set" : profile.files));
    }
    if (profile.files.empty()) return fail(Code::NotFound, "no profile, as HOME is not set");
    return fail(Code::NotFound, fmt::format("no profile {} in {}", profile.name, profile.files));
  }

  static std::unexpected<Error> without_keys(const Profile& profile) {
    for (const std::string_view means : kOtherMeans) {
      if (profile.value(means).empty()) continue;
      return fail(Code::Denied,
                  fmt::format("profile {} in {} gets credentials by {}, which Peko does not do: run "
                              "eval \"$(aws configure export-credentials --profile {} --format env)\" first",
                              profile.name, profile.files, means, profile.name));
    }
    const Code code = profile.chosen == Profile::Chosen::ByName ? Code::Denied : Code::NotFound;
    return fail(code, fmt::format("profile {} in {} has no {}", profile.name, profile.files, kId));
  }

  const Environment environment_;
};

}  // namespace

std::unique_ptr<CredentialsPlace> profile_place(Environment environment) {
  return std::make_unique<ProfilePlace>(std::move(environment));
}

}  // namespace peko::cloud

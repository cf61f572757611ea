/// The answers of services that hand out credentials. Hostile input: sizes are bounded by the caller, everything else
/// is checked here. No error repeats a value.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cloud/credentials.hpp"

namespace peko::cloud {

/// JSON of the container and instance metadata services: AccessKeyId, SecretAccessKey, Token, Expiration, and Code when
/// something went wrong. Invalid.
Result<Credentials> parse_credentials_json(std::string_view text);

/// XML of STS, the answer to AssumeRoleWithWebIdentity. Invalid.
Result<Credentials> parse_credentials_xml(std::string_view text);

/// What an error answer says, in JSON or XML, for a message: at most 300 visible characters. Empty when it says
/// nothing.
std::string parse_refusal(std::string_view text);

/// Invalid when credentials cannot be sent in headers as they are; says which of them and nothing of its value.
Status check_credentials(const Credentials& credentials);

}  // namespace peko::cloud

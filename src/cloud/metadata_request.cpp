#include "cloud/metadata_request.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cloud/credentials_document.hpp"

namespace peko::cloud {

HttpRequest metadata_request(std::string url) {
  // The services are on this machine or its host's network and answer within milliseconds.
  return {.url = std::move(url),
          .connect_timeout = std::chrono::milliseconds(1'000),
          .stall_timeout = std::chrono::milliseconds(2'000),
          .total_timeout = std::chrono::milliseconds(2'000),
          .proxy = Proxy::Never};
}

Result<std::string> ask_metadata(HttpTransport& transport, const HttpRequest& request) {
  auto response = transport.send(request);
  if (!response) return fail(response.error());
  return metadata_in(*std::move(response));
}

Result<std::string> metadata_in(HttpResponse response) {
  if (response.body.size() > kMetadataBytesMax) {
    return fail(Code::Unavailable,
                fmt::format("an answer of {}, which no credentials have", human_bytes(response.body.size())));
  }
  if (response.status / 100 == 2) return std::move(response.body);
  std::string message = fmt::format("status {}", response.status);
  if (const std::string refusal = parse_refusal(response.body); !refusal.empty()) message += " (" + refusal + ")";
  const bool ours = response.status / 100 == 4 && response.status != 408 && response.status != 429;
  return fail(ours ? Code::Denied : Code::Unavailable, std::move(message));
}

bool fits_url(std::string_view text) { return fits_header(text) && !text.contains(' '); }

bool fits_header(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
}

Result<std::string> read_token_file(const std::string& path) {
  const auto text = read_file(path, kMetadataBytesMax);
  if (!text) return fail(Code::Denied, text.error().message);
  std::string token(trim(*text));
  if (!fits_header(token)) return fail(Code::Denied, fmt::format("{} holds no token in one line", path));
  return token;
}

}  // namespace peko::cloud

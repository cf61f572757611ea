#include "code/s3_location.hpp"

#include <algorithm>

#include "cloud/sigv4.hpp"
#include "cloud/url.hpp"
#include "code/store.hpp"

namespace peko::code {
namespace {

// S3's keys have at most 1,024 bytes, a store's 900.
constexpr std::size_t kPrefixBytesMax = 100;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_bucket(std::string_view text) {
  return text.size() >= 3 && text.size() <= 63 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         text.find("..") == text.npos &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

std::string aws_host(std::string_view region) {
  return "s3." + std::string(region) + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

}  // namespace

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Status S3Location::check() const {
  if (!is_bucket(bucket)) {
    return fail(Code::Invalid,
                "\"" + bucket + "\" is no bucket: 3 to 63 letters, digits, '-' and '.', as in s3://my-bucket/prefix");
  }
  if (prefix.size() > kPrefixBytesMax) return fail(Code::Invalid, shown() + ": a prefix has at most 100 bytes");
  if (!prefix.empty()) {
    if (auto checked = check_key(prefix); !checked) return fail(std::move(checked.error()), shown());
  }
  if (!region.empty() && !is_region(region)) {
    return fail(Code::Invalid, shown() + ": \"" + region + "\" is no region: write it as in region=eu-central-1");
  }
  if (endpoint.empty()) return {};
  const auto url = cloud::Url::parse(endpoint);
  if (!url || (url->path != "/" && !url->path.empty()) || !url->query.empty() ||
      endpoint.find_first_of(" @#\"\\") != std::string::npos) {
    return fail(Code::Invalid,
                shown() + ": \"" + endpoint + "\" is no endpoint: write it as in endpoint=https://s3.example.com:9000");
  }
  return {};
}

bool S3Location::is_aws() const {
  if (endpoint.empty()) return true;
  const auto url = cloud::Url::parse(endpoint);
  return url && (url->host.ends_with(".amazonaws.com") || url->host.ends_with(".amazonaws.com.cn"));
}

std::string S3Location::url(std::string_view key, std::string_view region_now) const {
  std::string base = endpoint.empty() ? "https://" + aws_host(region_now) : endpoint;
  while (base.ends_with('/')) base.pop_back();
  const bool by_host =
      style == Style::Virtual || (style == Style::Auto && endpoint.empty() && bucket.find('.') == std::string::npos);
  if (by_host) {
    base.insert(base.find("://") + 3, bucket + ".");
  } else {
    base += "/" + bucket;
  }
  if (by_host || !key.empty()) base += "/";
  return base + cloud::uri_encode(key, cloud::Slash::Keep);
}

std::string S3Location::full_key(std::string_view key) const {
  return prefix.empty() ? std::string(key) : prefix + "/" + std::string(key);
}

std::string S3Location::shown() const { return "s3://" + bucket + (prefix.empty() ? "" : "/" + prefix); }

}  // namespace peko::code

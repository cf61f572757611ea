#include "cloud/sigv4.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.hpp"
#include "cloud/dates.hpp"

namespace peko::cloud {
namespace {

using std::chrono_literals::operator""s;

constexpr std::string_view kNoBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string value_of(const HttpRequest& request, std::string_view name) {
  const auto header = std::ranges::find(request.headers, name, &Headers::value_type::first);
  return header == request.headers.end() ? "" : header->second;
}

std::string signature_in(const HttpRequest& request) {
  const std::string text = value_of(request, "authorization");
  const std::string_view mark = "Signature=";
  const std::size_t at = text.find(mark);
  return at == std::string::npos ? "none: " + text : text.substr(at + mark.size());
}

// The AWS Signature Version 4 test suite (aws-c-auth, tests/aws-signing-test-suite/v4, header signing), those with
// paths that are signed as they are. Paths and queries that the suite writes raw are encoded here, as our callers do.
struct Vector {
  std::string_view name;
  std::string_view method;
  std::string_view target;
  Headers headers;
  std::string_view body;
  std::string_view signature;
};

const std::vector<Vector>& suite() {
  static const std::vector<Vector> vectors = {
      {"get-vanilla", "GET", "/", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla without a slash",
       "GET",
       "",
       {},
       "",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-header-key-duplicate",
       "GET",
       "/",
       {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
       "",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-multiline",
       "GET",
       "/",
       {{"My-Header1", "value1\n  value2\n     value3"}},
       "",
       "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
      {"get-header-value-order",
       "GET",
       "/",
       {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}},
       "",
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim",
       "GET",
       "/",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-relative-relative-unnormalized",
       "GET",
       "/example1/example2/../..",
       {},
       "",
       "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b"},
      {"get-relative-unnormalized",
       "GET",
       "/example/..",
       {},
       "",
       "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282"},
      {"get-slash-dot-slash-unnormalized",
       "GET",
       "/./",
       {},
       "",
       "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"},
      {"get-slash-pointless-dot-unnormalized",
       "GET",
       "/./example",
       {},
       "",
       "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff"},
      {"get-slash-unnormalized",
       "GET",
       "//",
       {},
       "",
       "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e"},
      {"get-slashes-unnormalized",
       "GET",
       "//example//",
       {},
       "",
       "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
      {"get-space-unnormalized",
       "GET",
       "/example%20space/",
       {},
       "",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"get-unreserved",
       "GET",
       "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       {},
       "",
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-utf8", "GET", "/%E1%88%B4", {}, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-vanilla-empty-query-key",
       "GET",
       "/?Param1=value1",
       {},
       "",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-order-encoded",
       "GET",
       "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
       {},
       "",
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/?Param2=value2&Param1=value1",
       {},
       "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-unreserved",
       "GET",
       "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
       "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       {},
       "",
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-vanilla-utf8-query",
       "GET",
       "/?%E1%88%B4=bar",
       {},
       "",
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"post-vanilla", "POST", "/", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-header-key-sort",
       "POST",
       "/",
       {{"My-Header1", "value1"}},
       "",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case",
       "POST",
       "/",
       {{"My-Header1", "VALUE1"}},
       "",
       "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"post-vanilla-query",
       "POST",
       "/?Param1=value1",
       {},
       "",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       {{"Content-Type", "application/x-www-form-urlencoded"},
        {"Content-Length", "13"},
        {"x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
       "Param1=value1",
       "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
      {"post-x-www-form-urlencoded-parameters",
       "POST",
       "/",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
        {"Content-Length", "13"},
        {"x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
       "Param1=value1",
       "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
  };
  return vectors;
}

const Credentials& of_suite() {
  static const Credentials credentials{.access_key_id = "AKIDEXAMPLE",
                                       .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
  return credentials;
}

HttpRequest request_of(const Vector& vector) {
  return {.method = std::string(vector.method),
          .url = "https://example.amazonaws.com" + std::string(vector.target),
          .headers = vector.headers};
}

void sign_as_suite(HttpRequest& request, const Credentials& credentials, std::string_view body = {}) {
  sign(request, credentials, {.region = "us-east-1", .service = "service"}, hex(sha256(body)),
       *parse_date("2015-08-30T12:36:00Z"));
}

TEST(SigV4, MatchesTheTestSuite) {
  for (const Vector& vector : suite()) {
    HttpRequest request = request_of(vector);
    sign_as_suite(request, of_suite(), vector.body);
    EXPECT_EQ(signature_in(request), vector.signature) << vector.name;
  }
}

TEST(SigV4, SignsTheTokenOfASession) {
  // The suite's get-vanilla-with-session-token and post-sts-header-before.
  Credentials credentials = of_suite();
  credentials.session_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
  HttpRequest request{.url = "https://example.amazonaws.com/"};
  sign_as_suite(request, credentials);
  EXPECT_EQ(signature_in(request), "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
  EXPECT_EQ(value_of(request, "x-amz-security-token"), credentials.session_token);
}

TEST(SigV4, SigningAgainReplacesWhatWasSigned) {
  HttpRequest request{.url = "https://example.amazonaws.com/"};
  Credentials other{.access_key_id = "OTHER", .secret_access_key = "secret", .session_token = "token"};
  sign_as_suite(request, other);
  sign_as_suite(request, of_suite());
  EXPECT_EQ(signature_in(request), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(request.headers.size(), 3U) << "host, x-amz-date, authorization";
}

// "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters", the
// examples of the Amazon S3 API Reference.
const Credentials& of_s3_examples() {
  static const Credentials credentials{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                       .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  return credentials;
}

std::chrono::system_clock::time_point time_of_s3_examples() { return *parse_date("2013-05-24T00:00:00Z"); }

HttpRequest signed_for_s3(HttpRequest request, std::string_view payload_hash) {
  sign(request, of_s3_examples(), {.region = "us-east-1", .service = "s3"}, payload_hash, time_of_s3_examples());
  return request;
}

TEST(SigV4, MatchesTheExamplesOfS3) {
  const auto get = signed_for_s3(
      {.url = "https://examplebucket.s3.amazonaws.com/test.txt", .headers = {{"Range", "bytes=0-9"}}}, kNoBody);
  EXPECT_EQ(value_of(get, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(value_of(get, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(value_of(get, "x-amz-content-sha256"), kNoBody);

  const auto put = signed_for_s3(
      {.method = "PUT",
       .url = "https://examplebucket.s3.amazonaws.com/" + uri_encode("test$file.text", Slash::Keep),
       .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}},
      hex(sha256("Welcome to Amazon S3.")));
  EXPECT_EQ(signature_in(put), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  const auto lifecycle = signed_for_s3({.url = "https://examplebucket.s3.amazonaws.com/?lifecycle"}, kNoBody);
  EXPECT_EQ(signature_in(lifecycle), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  const auto list = signed_for_s3({.url = "https://examplebucket.s3.amazonaws.com?prefix=J&max-keys=2"}, kNoBody);
  EXPECT_EQ(signature_in(list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, NamesTheHostAsTheConnectionDoes) {
  EXPECT_EQ(value_of(signed_for_s3({.url = "http://127.0.0.1:9000/b"}, kNoBody), "host"), "127.0.0.1:9000");
  EXPECT_EQ(value_of(signed_for_s3({.url = "http://minio:80/b"}, kNoBody), "host"), "minio");
  EXPECT_EQ(value_of(signed_for_s3({.url = "https://minio:443/b"}, kNoBody), "host"), "minio");
  EXPECT_EQ(value_of(signed_for_s3({.url = "http://minio:443/b"}, kNoBody), "host"), "minio:443");
  EXPECT_EQ(value_of(signed_for_s3({.url = "http://[::1]:9000/b"}, kNoBody), "host"), "[::1]:9000");
}

TEST(SigV4, SaysThatABodyIsNotSigned) {
  const auto request = signed_for_s3({.method = "PUT", .url = "https://b.example/key"}, kUnsignedPayload);
  EXPECT_EQ(value_of(request, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

TEST(SigV4, LeavesWhatIsNoUrlUnsigned) { EXPECT_TRUE(signed_for_s3({.url = "not a url"}, kNoBody).headers.empty()); }

std::string presigned(std::string_view url, std::chrono::seconds lifetime, const Credentials& credentials) {
  return presign("GET", url, credentials, {.region = "us-east-1", .service = "s3"}, lifetime, time_of_s3_examples());
}

TEST(SigV4Presign, MatchesTheExampleOfS3) {
  EXPECT_EQ(presigned("https://examplebucket.s3.amazonaws.com/test.txt", 86'400s, of_s3_examples()),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4Presign, KeepsAQueryAndCarriesTheTokenOfASession) {
  Credentials credentials = of_s3_examples();
  credentials.session_token = "a/b+c";
  const std::string url = presigned("https://b.example:9000/k?versionId=7", 60s, credentials);
  EXPECT_TRUE(url.starts_with("https://b.example:9000/k?versionId=7&X-Amz-Algorithm=")) << url;
  EXPECT_NE(url.find("&X-Amz-Security-Token=a%2Fb%2Bc&"), std::string::npos) << url;
}

TEST(SigV4Presign, LastsAWeekAtMost) {
  const std::string url = presigned("https://b.example/k", std::chrono::days(30), of_s3_examples());
  EXPECT_NE(url.find("&X-Amz-Expires=604800&"), std::string::npos) << url;
}

TEST(UriEncode, EncodesEachByteThatIsNotPlain) {
  EXPECT_EQ(uri_encode("a/b", Slash::Keep), "a/b");
  EXPECT_EQ(uri_encode("a/b", Slash::Encode), "a%2Fb");
  EXPECT_EQ(uri_encode("AZaz09-._~", Slash::Keep), "AZaz09-._~");
  EXPECT_EQ(uri_encode(" +%=@\xc3\xa9", Slash::Keep), "%20%2B%25%3D%40%C3%A9");
  EXPECT_EQ(uri_encode(std::string_view("\0\x7f", 2), Slash::Keep), "%00%7F");
}

}  // namespace
}  // namespace peko::cloud

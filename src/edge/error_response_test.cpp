#include "edge/error_response.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

TEST(ErrorResponse, CarriesCodeAndRequestId) {
  const ErrorResponse response(Fault::Cpu, "id-1", "", BodyFormat::Text);
  EXPECT_EQ(response.status(), 500U);
  EXPECT_EQ(http::find(response.fields(), "peko-error"), "PEKO-CPU");
  EXPECT_EQ(http::find(response.fields(), "peko-request-id"), "id-1");
  EXPECT_EQ(http::find(response.fields(), "retry-after"), std::nullopt);
  EXPECT_TRUE(response.body().starts_with("PEKO-CPU: ")) << response.body();
  EXPECT_EQ(std::to_string(response.body().size()), http::find(response.fields(), "content-length"));
}

TEST(ErrorResponse, SaysWhenToComeBack) {
  for (const Fault fault : {Fault::Overloaded, Fault::Store}) {
    ErrorResponse response(fault, "id", "", BodyFormat::Text);
    response.add_version("v12");
    EXPECT_EQ(response.status(), 503U);
    EXPECT_EQ(http::find(response.fields(), "retry-after"), "1");
    EXPECT_EQ(http::find(response.fields(), "peko-version"), "v12");
  }
}

TEST(ErrorResponse, IsAPageWithoutInternalsForBrowsers) {
  const ErrorResponse response(Fault::Trap, "id-1", "/home/me/secret.rs", BodyFormat::Html);
  EXPECT_EQ(http::find(response.fields(), "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(http::find(response.fields(), "peko-error"), "PEKO-TRAP");
  EXPECT_TRUE(http::find(response.fields(), "content-security-policy").value().starts_with("default-src 'none'"));
  EXPECT_EQ(std::to_string(response.body().size()), http::find(response.fields(), "content-length"));
  for (const char* shown : {"PEKO-TRAP", "id-1", "The function failed."})
    EXPECT_NE(response.body().find(shown), std::string_view::npos) << shown;
  EXPECT_EQ(response.body().find("secret"), std::string_view::npos);
}

TEST(ErrorResponse, HasRoomForAllFields) {
  ErrorResponse response(Fault::Store, "id", "", BodyFormat::Html);
  response.add_version("v12");
  EXPECT_EQ(http::find(response.fields(), "retry-after"), "1");
  EXPECT_EQ(http::find(response.fields(), "peko-version"), "v12");
}

TEST(ErrorResponse, EscapesWhatItQuotes) {
  const ErrorResponse response(Fault::BadRequest, "id", "a \"b\"\n", BodyFormat::Json);
  EXPECT_EQ(response.body(),
            "{\"error\":\"PEKO-BAD-REQUEST\",\"message\":\"The request is not valid HTTP.\","
            "\"detail\":\"a \\\"b\\\"\\n\",\"request_id\":\"id\"}\n");
}

TEST(Fault, EachHasACodeAndAnErrorStatus) {
  for (int i = 0; i <= static_cast<int>(Fault::Internal); i++) {
    const FaultInfo& fault = info(static_cast<Fault>(i));
    EXPECT_TRUE(fault.code.starts_with("PEKO-")) << i;
    EXPECT_GE(fault.status, 400U) << i;
    EXPECT_FALSE(fault.text.empty()) << i;
  }
}

}  // namespace
}  // namespace peko::edge

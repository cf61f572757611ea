#include "edge/error_response.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

BodyFormat format_for(std::string_view accept) {
  const http::Field field{"accept", accept};
  return preferred_format({&field, 1});
}

TEST(ErrorResponse, IsJsonOnlyForClientsThatPreferIt) {
  EXPECT_EQ(preferred_format({}), BodyFormat::Text);
  EXPECT_EQ(format_for("*/*"), BodyFormat::Text);
  EXPECT_EQ(format_for("application/json"), BodyFormat::Json);
  EXPECT_EQ(format_for("application/problem+json, text/plain"), BodyFormat::Json);
  EXPECT_EQ(format_for("text/html,application/xhtml+xml,application/json;q=0.9"), BodyFormat::Text);
}

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

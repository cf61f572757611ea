#include "edge/accept.hpp"

#include <gtest/gtest.h>

#include <array>

namespace peko::edge {
namespace {

TEST(Accept, PrefersWhatTheClientPrefers) {
  struct Row {
    std::string_view accept;
    BodyFormat wanted;
  };
  constexpr BodyFormat kText = BodyFormat::Text;
  constexpr BodyFormat kJson = BodyFormat::Json;
  constexpr BodyFormat kHtml = BodyFormat::Html;
  for (const auto& [accept, wanted] : {
           Row{"", kText},
           Row{"*/*", kText},
           Row{"image/png", kText},
           Row{"text/*", kText},
           Row{"text/plain, text/html", kText},
           Row{"application/json", kJson},
           Row{"application/problem+json", kJson},
           Row{"application/*", kJson},
           Row{"application/json, text/plain, */*", kJson},  // axios
           Row{"Application/JSON", kJson},
           Row{"text/html, application/json", kHtml},
           Row{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", kHtml},  // browsers
           Row{"text/html;q=0.5, application/json", kJson},
           Row{"text/html;q=0.5, application/json;q=0.500", kHtml},
           Row{"text/html;q=0.8, application/json;q=0.9", kJson},
           Row{"text/html ; level=1 ; q=0.9, text/plain;q=1.0", kText},
           Row{"text/html;q=0, application/json;q=0.1", kJson},
           Row{"text/html;q=0, */*", kText},
           Row{"text/*, text/html;q=0.3, application/json;q=0.4", kText},
           Row{"text/*;q=0.3, text/html", kHtml},
           Row{"*/*, text/html", kHtml},
           Row{"text/html;q=0", kText},
           Row{"text/html;q=9, text/plain;q=0.9", kHtml},
           Row{"text/html;q=, text/plain;q=0.9", kHtml},
           Row{"text/html;q=0.99999999999999999999, text/plain;q=0.998", kHtml},
           Row{";;q=,,;", kText},
       }) {
    EXPECT_EQ(preferred_format(accept), wanted) << accept;
  }
}

TEST(Accept, TellsAPageFromWhatAScriptFetches) {
  constexpr std::string_view kBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const auto wants = [](std::string_view accept, std::string_view use) {
    const std::array<http::Field, 2> fields{{{"accept", accept}, {"sec-fetch-dest", use}}};
    return wants_page(use.empty() ? http::Fields(fields).first(1) : http::Fields(fields));
  };
  EXPECT_TRUE(wants(kBrowser, ""));
  EXPECT_TRUE(wants(kBrowser, "document"));
  EXPECT_TRUE(wants(kBrowser, "iframe"));
  EXPECT_FALSE(wants(kBrowser, "empty"));
  EXPECT_FALSE(wants("*/*", ""));
  EXPECT_FALSE(wants("text/html;q=0.1, application/json", ""));
}

}  // namespace
}  // namespace peko::edge

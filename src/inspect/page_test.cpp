#include "inspect/page.hpp"

#include <gtest/gtest.h>

#include "base/base64url.hpp"
#include "base/hash.hpp"

namespace peko::inspect {
namespace {

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  return text.substr(0, text.find(end));
}

TEST(Page, RunsItsOwnScriptAndStyleAndNothingElse) {
  const Page page = make_page();
  for (const auto& [begin, end] : {std::pair("<script>", "</script>"), std::pair("<style>", "</style>")}) {
    const std::string_view text = between(page.html, begin, end);
    EXPECT_GT(text.size(), 1000U);
    EXPECT_NE(page.policy.find("'sha256-" + base64url(bytes_of(sha256(text))) + "='"), std::string::npos) << begin;
  }
  EXPECT_NE(page.policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page.policy.find("unsafe"), std::string::npos);
}

TEST(Page, AsksNobodyElseAndWritesNoMarkup) {
  const Page page = make_page();
  for (const std::string_view banned :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "src=\"", "@import", "url("}) {
    EXPECT_EQ(page.html.find(banned), std::string::npos) << banned;
  }
}

}  // namespace
}  // namespace peko::inspect

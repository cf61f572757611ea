#include "edge/error_page.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

bool holds(std::string_view page, std::string_view text) { return page.find(text) != std::string_view::npos; }

FailedRequest failed() {
  return {.fault = Fault::Exception,
          .request_id = "id-1",
          .function = "shop",
          .method = "GET",
          .target = "/cart",
          .detail = "Error: no stock\ncaused by\nTypeError",
          .frames = {"take at src/stock.ts:10:3", "fetch at src/index.ts:4:1"},
          .source = {.place = "src/stock.ts:10", .text = "   9 | a\n> 10 | b"},
          .log = {{engine::Stream::Stdout, "counting"}, {engine::Stream::Stderr, "gone"}}};
}

TEST(ErrorPage, SaysAllThatIsKnown) {
  const std::string page = error_page(failed());
  for (const char* text : {"PEKO-EXCEPTION", "500", "shop", "GET /cart", "Error: no stock\ncaused by\nTypeError",
                           "<li>take at src/stock.ts:10:3", "<h2>src/stock.ts:10</h2>", "   9 | a",
                           "<mark>&gt; 10 | b</mark>", "counting", "stderr", "id-1", "Catch the error"})
    EXPECT_TRUE(holds(page, text)) << text << "\n" << page;
}

TEST(ErrorPage, ShowsWhatOthersWroteAsText) {
  const std::string evil = "</pre><script>alert(1)</script><img src=x onerror='a'>\"&\x1b\x01";
  FailedRequest request = failed();
  for (std::string* text : {&request.request_id, &request.function, &request.method, &request.target, &request.detail,
                            &request.frames[0], &request.source.place, &request.source.text, &request.log[0].text})
    *text = evil;
  request.hosts = {evil};
  for (const bool build : {false, true}) {
    if (build)
      request.problem = std::make_shared<BuildProblem>(BuildProblem{.message = evil, .file = evil, .excerpt = evil});
    const std::string page = error_page(request);
    for (const char* markup : {"<script", "<img", "</pre><", "\x1b", "\x01", "onerror='"})
      EXPECT_FALSE(holds(page, markup)) << markup << "\n" << page;
    EXPECT_TRUE(holds(page, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&quot;&amp;"));
  }
}

TEST(ErrorPage, NeedsNothingFromElsewhere) {
  for (const std::string& page : {error_page(failed()), error_page(info(Fault::Cpu), "id")}) {
    for (const char* outside : {"src=", "href=", "url(", "@import", "http:", "https:"})
      EXPECT_FALSE(holds(page, outside)) << outside;
  }
}

TEST(ErrorPage, TellsOfAFailedBuildInPlaceOfTheFault) {
  FailedRequest request = failed();
  request.fault = Fault::BadComponent;
  request.problem = std::make_shared<BuildProblem>(BuildProblem{.message = "error: expected ;\nhere",
                                                                .file = "src/index.ts",
                                                                .line = 3,
                                                                .column = 7,
                                                                .excerpt = "> 3 | let a\n",
                                                                .number = 12});
  const std::string page = error_page(request);
  for (const char* text : {"<h1>shop could not be built</h1>", "error: expected ;\nhere", "<h2>src/index.ts:3:7</h2>",
                           "<mark>&gt; 3 | let a</mark>\n</pre>", "name=\"peko-problem\" content=\"12\""})
    EXPECT_TRUE(holds(page, text)) << text << "\n" << page;
  EXPECT_FALSE(holds(page, "no stock"));
}

TEST(ErrorPage, NamesTheFunctionsThatThereAre) {
  const std::string page = error_page(FailedRequest{.fault = Fault::NoFunction, .hosts = {"shop.localhost:3000"}});
  EXPECT_TRUE(holds(page, "<a href=\"http://shop.localhost:3000/\">shop.localhost:3000</a>"));
}

TEST(ErrorPage, StaysReadableWhenAFunctionPrintsMuch) {
  FailedRequest request = failed();
  request.log.assign(100'000, {engine::Stream::Stdout, "line"});
  request.frames.assign(100'000, "frame");
  const std::string page = error_page(request);
  EXPECT_LT(page.size(), 64U << 10);
  EXPECT_TRUE(holds(page, "99800 more lines are in the terminal"));
  EXPECT_TRUE(holds(page, "and 99950 more"));
}

}  // namespace
}  // namespace peko::edge

#include "code/source_map.hpp"

#include <gtest/gtest.h>

namespace peko::code {
namespace {

// What esbuild 0.28 writes of a file with three functions, its banner before them.
constexpr std::string_view kMap = R"({
  "version": 3, "sources": ["../src/deep.ts", "../src/index.ts"], "sourcesContent": [], "names": [],
  "mappings": ";;AAAO,SAAS,KAAK,GAAkB;AACrC,SAAO,EAAE;AACX;;;)"
                                  R"(ACCA,IAAO,cAAQ;AAAA,EACb,QAAQ;AACN,WAAO,KAAK,IAAI;AAAA,EAClB;AACF;"})";

std::string shown(const std::optional<SourceMap::Place>& place) {
  if (!place) return "(nothing)";
  return std::string(place->source) + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
}

TEST(SourceMap, FindsTheLastPlaceBeforeOrAtAColumn) {
  const auto map = SourceMap::parse(kMap);
  ASSERT_TRUE(map.has_value()) << map.error().message;
  EXPECT_EQ(shown(map->find(3, 1)), "../src/deep.ts:1:8");
  EXPECT_EQ(shown(map->find(4, 3)), "../src/deep.ts:2:3");
  EXPECT_EQ(shown(map->find(4, 11)), "../src/deep.ts:2:10");
  EXPECT_EQ(shown(map->find(10, 12)), "../src/index.ts:6:12");
  EXPECT_EQ(shown(map->find(10, 999)), "../src/index.ts:6:21");
}

TEST(SourceMap, HasNothingForWhatTheBundlerWrote) {
  const auto map = SourceMap::parse(kMap);
  ASSERT_TRUE(map.has_value());
  for (const auto& [line, column] : {std::pair{1U, 1U}, {2U, 5U}, {6U, 1U}, {99U, 1U}, {0U, 1U}, {4U, 0U}}) {
    EXPECT_EQ(shown(map->find(line, column)), "(nothing)") << line << ":" << column;
  }
}

TEST(SourceMap, IsRefusedWhenItIsDamaged) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"version":2,"sources":[],"mappings":""})", R"({"version":3,"sources":[]})",
        R"({"version":3,"sources":["a"],"mappings":"A!"})", R"({"version":3,"sources":["a"],"mappings":"AA"})",
        R"({"version":3,"sources":["a"],"mappings":"D"})", R"({"version":3,"sources":["a"],"mappings":"AEAA"})",
        R"({"version":3,"sources":["a"],"mappings":"AAAAAA"})", R"({"version":3,"sources":["a"],"mappings":"g"})",
        R"({"version":3,"sources":["a"],"mappings":"gggggggggggggA"})"}) {
    const auto map = SourceMap::parse(text);
    ASSERT_FALSE(map.has_value()) << text;
    EXPECT_EQ(map.error().code, Code::Invalid) << text;
  }
}

TEST(SourceMap, MadeCompactHasTheSamePlacesAndNoSources) {
  const auto compact = compact_source_map(R"({"version":3,"file":"app.js","sources":["../src/a.ts"],"names":["secret"],
      "sourcesContent":["secret"],"mappings":"AAAA;AACA"})");
  ASSERT_TRUE(compact.has_value()) << compact.error().message;
  EXPECT_EQ(*compact, R"({"version":3,"sources":["../src/a.ts"],"mappings":"AAAA;AACA"})");
  EXPECT_EQ(shown(SourceMap::parse(*compact)->find(2, 1)), "../src/a.ts:2:1");
  EXPECT_FALSE(compact_source_map("{}").has_value());
}

TEST(SourceMap, HasABoundOfPlaces) {
  const auto with_places = [](std::size_t count) {
    std::string text = R"({"version":3,"sources":["a"],"mappings":")";
    for (std::size_t i = 0; i < count; ++i) text += "A,";
    return text + "\"}";
  };
  const auto most = SourceMap::parse(with_places(SourceMap::kPlacesMax));
  ASSERT_TRUE(most.has_value()) << most.error().message;
  EXPECT_GE(most->bytes(), SourceMap::kPlacesMax);
  EXPECT_FALSE(SourceMap::parse(with_places(SourceMap::kPlacesMax + 1)).has_value());
}

TEST(SourceMap, PutsTheirPlacesIntoFrames) {
  const auto map = SourceMap::parse(kMap);
  ASSERT_TRUE(map.has_value());
  const auto mapped = [&map](std::string_view frame) { return mapped_frame(frame, *map); };
  EXPECT_EQ(mapped("deep@app.js:4:11"), "deep at src/deep.ts:2:10");
  EXPECT_EQ(mapped("async*fetch@app.js:10:12"), "async*fetch at src/index.ts:6:12");
  EXPECT_EQ(mapped("@app.js:3:1"), "at src/deep.ts:1:8");
  EXPECT_EQ(mapped("app.js:3:1"), "at src/deep.ts:1:8");
  for (const std::string_view same : {"caused by Error: 4:11", "", ":", "f@app.js:99:1", "f@app.js:4:99999999999"}) {
    EXPECT_EQ(mapped(same), same);
  }
}

}  // namespace
}  // namespace peko::code

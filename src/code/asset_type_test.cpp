#include "code/asset_type.hpp"

#include <gtest/gtest.h>

namespace peko::code {
namespace {

TEST(AssetType, IsToldByTheExtension) {
  EXPECT_EQ(asset_type("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(asset_type("a.b/style.CSS"), "text/css; charset=utf-8");
  EXPECT_EQ(asset_type("app.min.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(asset_type("sky.webp"), "image/webp");
  EXPECT_EQ(asset_type("aac"), "application/octet-stream");
  EXPECT_EQ(asset_type("zip.zip"), "application/zip");
  EXPECT_EQ(asset_type("x.aac"), "audio/aac");
  EXPECT_EQ(asset_type("LICENSE"), "application/octet-stream");
  EXPECT_EQ(asset_type("a.html/LICENSE"), "application/octet-stream");
  EXPECT_EQ(asset_type("x."), "application/octet-stream");
  EXPECT_EQ(asset_type("x.unheardofbutverylong"), "application/octet-stream");
  EXPECT_EQ(asset_type(".well-known/assetlinks.json"), "application/json; charset=utf-8");
}

TEST(AssetType, TellsWhetherCompressingPays) {
  EXPECT_TRUE(is_compressible(asset_type("a.svg")));
  EXPECT_TRUE(is_compressible(asset_type("a.wasm")));
  EXPECT_TRUE(is_compressible(asset_type("a.json")));
  EXPECT_FALSE(is_compressible(asset_type("a.png")));
  EXPECT_FALSE(is_compressible(asset_type("a.woff2")));
  EXPECT_FALSE(is_compressible(asset_type("a")));
}

TEST(AssetType, KnowsNamesThatChangeWithTheBytes) {
  for (const std::string_view path :
       {"app.3f9a0c1b.js", "assets/main.0123456789abcdef0123.css", "chunks/entry.BxY3k2_9.js", "a.xK9bQ2mZ7Lp.css",
        "a.d41d8cd98f00b204e9800998ecf8427e.woff2"}) {
    EXPECT_TRUE(is_fingerprinted(path)) << path;
  }
  for (const std::string_view path : {"app.js",
                                      "app.min.js",
                                      "3f9a0c1b.js",
                                      ".3f9a0c1b.js",
                                      "app.3f9a0c1.js",
                                      "backup.20240131.zip",
                                      "a.deadbeef.js",
                                      "jquery.bundled12.js",
                                      "app.development.js",
                                      "app.3f9a0c1b",
                                      "v1.3f9a0c1b/app.js",
                                      "report.Q4 Final.pdf",
                                      "photo.IMG_2041.jpg",
                                      "LICENSE",
                                      "report.March2024.pdf",
                                      "app.Version2.js",
                                      "manual.Chapter01.pdf",
                                      "plan.Q4Final2024.pdf",
                                      "photo.2024Berlin01.jpg",
                                      "a.Chapter01Draft.pdf",
                                      ""}) {
    EXPECT_FALSE(is_fingerprinted(path)) << path;
  }
}

}  // namespace
}  // namespace peko::code

#include "cli/store_fixture.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

using ManualTest = StoreCommands;

TEST_F(ManualTest, HasEveryCommandWithItsFlags) {
  ASSERT_EQ(run({"man"}), kExitOk);
  for (const char* words : {"peko dev ", "peko secret set ", "\\-\\-threads N", "PEKO_THREADS", "EXIT STATUS"}) {
    EXPECT_THAT(out(), HasSubstr(words));
  }
  EXPECT_THAT(out(), Not(HasSubstr("compile\\-worker")));
  EXPECT_THAT(out(), HasSubstr(".Dd 2026-01-01")) << "the day when it was made";
}

TEST_F(ManualTest, HasNoLineThatTextMadeAMacro) {
  ASSERT_EQ(run({"man"}), kExitOk);
  const std::string page = out();
  for (std::size_t at = page.find("\n."); at != std::string::npos; at = page.find("\n.", at + 1)) {
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(page[at + 2]))) << page.substr(at + 1, 40);
  }
}

using VersionTest = StoreCommands;

TEST_F(VersionTest, TellsProgramsWhatItIsMadeOf) {
  ASSERT_EQ(run({"version", "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("ok").as_bool(), true);
  EXPECT_EQ(json().at("engine").as_string(), "engine-1");
}

using JsonTest = StoreCommands;

TEST_F(JsonTest, OfAFailureIsOneShapeWhateverFailed) {
  struct Row {
    std::vector<std::string> words;
    int status;
    std::string_view code;
  };
  for (const Row& row :
       {Row{{"versions", "nope", "--json"}, kExitFailed, "not found"},
        Row{{"delete", "nope", "--yes", "--json"}, kExitFailed, "not found"},
        Row{{"check", "nope.wasm", "--json"}, kExitFailed, "not found"},
        Row{{"secret", "set", "api", "KEY", "--json"}, kExitUsage, "usage"},
        Row{{"gc", "--json", "--kep", "3"}, kExitUsage, "usage"}, Row{{"deplpy", "--json"}, kExitUsage, "usage"}}) {
    EXPECT_EQ(run(row.words), row.status) << row.words[0];
    EXPECT_EQ(json().at("ok").as_bool(), false) << row.words[0];
    EXPECT_EQ(json().at("error").at("code").as_string(), row.code) << out();
    EXPECT_NE(json().at("error").at("message").as_string(), "") << row.words[0];
    EXPECT_EQ(err(), "") << row.words[0];
  }
}

TEST_F(JsonTest, BehindTwoDashesIsAFile) {
  EXPECT_EQ(run({"check", "--", "--json"}), kExitFailed);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("--json does not exist"));
}

}  // namespace
}  // namespace peko::cli

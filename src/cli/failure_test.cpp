#include "cli/store_fixture.hpp"

namespace peko::cli {
namespace {

using FailureTest = StoreCommands;

TEST_F(FailureTest, OfAFailureIsOneShapeWhateverFailed) {
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

}  // namespace
}  // namespace peko::cli

#include "cli/store_fixture.hpp"

namespace peko::cli {
namespace {

using VersionTest = StoreCommands;

TEST_F(VersionTest, TellsProgramsWhatItIsMadeOf) {
  ASSERT_EQ(run({"version", "--json"}), kExitOk) << err();
  EXPECT_EQ(json().at("ok").as_bool(), true);
  EXPECT_EQ(json().at("engine").as_string(), "engine-1");
}

}  // namespace
}  // namespace peko::cli

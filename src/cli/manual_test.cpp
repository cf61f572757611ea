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

}  // namespace
}  // namespace peko::cli

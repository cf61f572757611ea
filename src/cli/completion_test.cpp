#include "cli/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_line.hpp"

namespace peko::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

/// A store that knows two functions.
const StoreNames kStore{
    .functions = [] { return std::vector<std::string>{"api", "site"}; },
    .versions = [](const std::string& function) { return std::vector<std::string>{function + "-v1"}; },
    .secrets = [](const std::string&) { return std::vector<std::string>{"DB_PASSWORD"}; }};

Completions complete_line(const std::vector<std::string>& typed) { return complete(all_commands(), typed, kStore); }

std::vector<std::string> words(const std::vector<std::string>& typed) {
  std::vector<std::string> found;
  for (const Candidate& candidate : complete_line(typed).candidates) found.push_back(candidate.word);
  return found;
}

TEST(Completion, OffersCommandsWithWhatTheyDo) {
  EXPECT_THAT(words({"de"}), testing::UnorderedElementsAre("dev", "deploy", "delete"));
  EXPECT_THAT(words({""}), Contains("secret"));
  EXPECT_THAT(words({""}), Contains("help"));
  for (const Candidate& candidate : complete_line({""}).candidates) EXPECT_NE(candidate.about, "") << candidate.word;
}

TEST(Completion, HidesWhatIsInternal) {
  EXPECT_THAT(words({""}), Not(Contains("compile-worker")));
  EXPECT_THAT(words({"comp"}), ElementsAre("completion"));
}

TEST(Completion, GoesIntoCommandsOfCommands) {
  EXPECT_THAT(words({"secret", ""}), testing::UnorderedElementsAre("set", "list", "remove"));
  EXPECT_THAT(words({"help", "vers"}), testing::UnorderedElementsAre("version", "versions"));
}

TEST(Completion, OffersTheFlagsOfItsCommandThatWereNotGiven) {
  EXPECT_THAT(words({"serve", "--thr"}), ElementsAre("--threads"));
  EXPECT_THAT(words({"serve", "--threads", "2", "--thr"}), IsEmpty());
  EXPECT_THAT(words({"serve", "--threads=2", "--thr"}), IsEmpty());
  EXPECT_THAT(words({"deploy", "--env", "A=b", "--env"}), ElementsAre("--env")) << "it may be repeated";
  EXPECT_THAT(words({"check", "--"}), Not(Contains("--threads")));
}

TEST(Completion, OffersTheValuesOfAFlag) {
  EXPECT_THAT(words({"serve", "--log", ""}), ElementsAre("text", "json", "off"));
  EXPECT_THAT(words({"serve", "--log=j"}), ElementsAre("--log=json"));
  EXPECT_THAT(words({"serve", "--admin", ""}), ElementsAre("off")) << "the other choice is no word";
  EXPECT_THAT(words({"serve", "--threads", ""}), IsEmpty());
  EXPECT_THAT(words({"serve", "--default", "s"}), ElementsAre("site"));
}

TEST(Completion, LeavesPathsToTheShell) {
  EXPECT_EQ(complete_line({"dev", ""}).also, Completions::Also::Files);
  EXPECT_EQ(complete_line({"dev", "api", "si"}).also, Completions::Also::Files) << "it takes several";
  EXPECT_EQ(complete_line({"check", "a.wasm", ""}).also, Completions::Also::Nothing) << "it takes one";
  EXPECT_EQ(complete_line({"deploy", "--code", ""}).also, Completions::Also::Folders);
  EXPECT_EQ(complete_line({"deploy", "--code=/s"}).also, Completions::Also::Folders);
  EXPECT_EQ(complete_line({"deploy", "--key-file", ""}).also, Completions::Also::Files);
  EXPECT_EQ(complete_line({"deploy", "--admin", ""}).also, Completions::Also::Nothing);
}

TEST(Completion, OffersWhatTheStoreKnows) {
  EXPECT_THAT(words({"rollback", ""}), ElementsAre("api", "site"));
  EXPECT_THAT(words({"rollback", "api", ""}), ElementsAre("api-v1"));
  EXPECT_THAT(words({"rollback", "--code", "/srv/peko", "site", ""}), ElementsAre("site-v1"));
  EXPECT_THAT(words({"secret", "remove", "api", ""}), ElementsAre("DB_PASSWORD"));
  EXPECT_THAT(words({"secret", "set", "api", ""}), IsEmpty()) << "that is a new one";
}

TEST(Completion, TakesWordsAfterTwoDashesAsArguments) {
  EXPECT_THAT(words({"check", "--", "--"}), IsEmpty());
  EXPECT_EQ(complete_line({"check", "--", "--"}).also, Completions::Also::Files);
}

TEST(Completion, KnowsWhatNobodyUnderstandsAsNothing) {
  for (const std::vector<std::string>& typed :
       std::vector<std::vector<std::string>>{{}, {"nonsense", ""}, {"--nonsense", "x"}, {"serve", "--nonsense=", ""}}) {
    EXPECT_EQ(complete_line(typed).also, Completions::Also::Nothing);
  }
}

TEST(Completion, FindsTheStoreAmongTheWords) {
  EXPECT_EQ(value_of_flag(std::vector<std::string>{"a", "--code", "x", "b"}, "--code"), "x");
  EXPECT_EQ(value_of_flag(std::vector<std::string>{"--code=y", "b"}, "--code"), "y");
  EXPECT_EQ(value_of_flag(std::vector<std::string>{"--code", "x"}, "--config"), "");
  EXPECT_EQ(value_of_flag(std::vector<std::string>{"--codex=x", "a"}, "--code"), "");
}

}  // namespace
}  // namespace peko::cli

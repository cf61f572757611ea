#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/captured.hpp"
#include "cli/commands.hpp"
#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A component's section: id, size, contents. All sizes are below 128.
std::string section(char id, const std::string& contents) {
  return std::string({id, static_cast<char>(contents.size())}) + contents;
}

std::string named(const std::string& name) { return std::string({'\0', static_cast<char>(name.size())}) + name; }

/// A component (component model, Binary.md) that imports an empty instance and exports it under another name.
std::string component(const std::string& import, const std::string& exported) {
  using namespace std::string_literals;
  return "\0asm\x0d\0\x01\0"s + section(7, "\x01\x42\0"s) + section(10, "\x01"s + named(import) + "\x05\0"s) +
         section(11, "\x01"s + named(exported) + "\x05\0\0"s);
}

class CheckTest : public testing::Test {
 protected:
  int check(const std::string& bytes, std::vector<std::string> flags = {}) {
    const Environment environment;
    const SystemClock clock;
    std::vector<std::string> words = {"check", folder_.write("a.wasm", bytes).string()};
    words.insert(words.end(), flags.begin(), flags.end());
    return cli::run(words, {.environment = environment,
                            .out = out_.terminal(),
                            .err = err_.terminal(),
                            .clock = clock,
                            .version = "",
                            .start_node = nullptr,
                            .compile = nullptr});
  }

  code::TestFolder folder_;
  Captured out_;
  Captured err_;
};

TEST_F(CheckTest, SaysThatPekoCanRunIt) {
  EXPECT_EQ(check(component("wasi:http/types@0.2.3", "wasi:http/incoming-handler@0.2.3")), kExitOk);
  EXPECT_THAT(out_.text(), HasSubstr("a.wasm: a component of 8"));
  EXPECT_THAT(out_.text(), HasSubstr("  provided  wasi:http/types@0.2.3\n"));
  EXPECT_THAT(out_.text(), HasSubstr("  export    wasi:http/incoming-handler@0.2.3\n\nPeko can run it.\n"));
  EXPECT_EQ(err_.text(), "");
}

TEST_F(CheckTest, SaysWhatIsMissingAndWhatToDo) {
  EXPECT_EQ(check(component("wasi:logging/logging@0.9.0", "wasi:http/incoming-handler@0.2.3")), kExitFailed);
  EXPECT_THAT(out_.text(),
              HasSubstr("  version   wasi:logging/logging@0.9.0  Peko has wasi:logging/logging@0.1.0-draft: "
                        "build against that version\n"));
  EXPECT_THAT(out_.text(), HasSubstr("Peko cannot run it: it imports what Peko does not provide:\n"));
}

TEST_F(CheckTest, TellsProgramsTheSame) {
  EXPECT_EQ(check(component("foo:bar/baz@1.0.0", "wasi:cli/run@0.2.0"), {"--json"}), kExitFailed);
  const boost::json::value told = boost::json::parse(out_.text());
  EXPECT_EQ(told.at("ok").as_bool(), false);
  EXPECT_EQ(told.at("imports").at(0).at("name").as_string(), "foo:bar/baz@1.0.0");
  EXPECT_EQ(told.at("imports").at(0).at("status").as_string(), "unknown");
  EXPECT_THAT(std::string(told.at("imports").at(0).at("advice").as_string()), HasSubstr("wac plug"));
  EXPECT_EQ(told.at("exports").at(0).as_string(), "wasi:cli/run@0.2.0");
  EXPECT_EQ(told.at("problems").as_array().size(), 2U);
}

TEST_F(CheckTest, IsColouredOnATerminalAndCannotBeSteeredByAName) {
  Captured coloured(Terminal::Kind::Coloured);
  const Environment environment;
  const SystemClock clock;
  const auto file = folder_.write("a.wasm", component("foo:\x1b[2J/bar", "wasi:http/incoming-handler@0.2.3"));
  EXPECT_EQ(cli::run(std::vector<std::string>{"check", file.string()}, {.environment = environment,
                                                                        .out = coloured.terminal(),
                                                                        .err = err_.terminal(),
                                                                        .clock = clock,
                                                                        .version = "",
                                                                        .start_node = nullptr,
                                                                        .compile = nullptr}),
            kExitFailed);
  EXPECT_THAT(coloured.text(), HasSubstr("\x1b[31m"));
  EXPECT_THAT(coloured.text(), Not(HasSubstr("\x1b[2J")));
  EXPECT_THAT(coloured.text(), HasSubstr("foo:?[2J/bar"));
}

TEST_F(CheckTest, SaysWhatIsNoComponent) {
  EXPECT_EQ(check("hello"), kExitFailed);
  EXPECT_THAT(err_.text(), HasSubstr("peko check: "));
  EXPECT_THAT(err_.text(), HasSubstr("a.wasm is text, not WebAssembly"));
  EXPECT_EQ(out_.text(), "");
  EXPECT_EQ(check("hello", {"--json"}), kExitFailed);
  EXPECT_THAT(std::string(boost::json::parse(out_.text()).at("error").at("message").as_string()), HasSubstr("is text"));
}

}  // namespace
}  // namespace peko::cli

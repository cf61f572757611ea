#include "code/component_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peko::code {
namespace {

using engine::ComponentSurface;
using engine::Provision;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHandler = "wasi:http/incoming-handler@0.2.4";

TEST(ComponentCheck, PassesWhatImportsWhatIsProvidedAndExportsAHandler) {
  const ComponentSurface surface{.imports = {{"wasi:http/types@0.2.0", Provision::Provided, ""}},
                                 .exports = {"wasi:cli/run@0.2.0", kHandler}};
  EXPECT_THAT(problems_of(surface), IsEmpty());
}

TEST(ComponentCheck, NamesEachImportThatIsNotProvidedAndWhatToDo) {
  const ComponentSurface surface{
      .imports = {{"wasi:http/types@0.2.0", Provision::Provided, ""},
                  {"wasi:blobstore/container@0.2.0-draft", Provision::Unknown, ""},
                  {"wasi:logging/logging@0.2.0", Provision::OtherVersion, "wasi:logging/logging@0.1.0-draft"},
                  {"foo:bar/baz@1.0.0", Provision::Unknown, ""}},
      .exports = {kHandler}};
  EXPECT_THAT(
      problems_of(surface),
      ElementsAre(
          "it imports what Peko does not provide:\n"
          "    wasi:blobstore/container@0.2.0-draft: Peko has no blob store yet: use one that is reached by HTTP, or "
          "wasi:keyvalue for values up to 25 MiB\n"
          "    wasi:logging/logging@0.2.0: Peko has wasi:logging/logging@0.1.0-draft: build against that version\n"
          "    foo:bar/baz@1.0.0: not an interface of WASI: put the component that exports it inside (`wac "
          "plug`), or build without it"));
}

TEST(ComponentCheck, RecognisesTheWrongWorld) {
  EXPECT_THAT(problems_of({.imports = {}, .exports = {"wasi:cli/run@0.2.6"}}),
              ElementsAre(HasSubstr("it is a command")));
  EXPECT_THAT(problems_of({.imports = {}, .exports = {}}),
              ElementsAre(HasSubstr("it exports nothing and no wasi:http")));
  EXPECT_THAT(problems_of({.imports = {}, .exports = {"run", "a:b/c"}}),
              ElementsAre(HasSubstr("it exports run, a:b/c and no wasi:http/incoming-handler@0.2, so it cannot")));
  EXPECT_THAT(problems_of({.imports = {{"x:y/z", Provision::Unknown, ""}}, .exports = {}}),
              ElementsAre(HasSubstr("x:y/z"), HasSubstr("cannot answer requests")));
}

TEST(ComponentCheck, RecognisesWasi03) {
  EXPECT_THAT(problems_of({.imports = {}, .exports = {"wasi:http/handler@0.3.0"}}),
              ElementsAre(HasSubstr("made for WASI 0.3 (it has wasi:http/handler@0.3.0)")));
  EXPECT_THAT(problems_of({.imports = {{"wasi:clocks/monotonic-clock@0.3.0-rc-1", Provision::OtherVersion, "x"}},
                           .exports = {kHandler}}),
              ElementsAre(HasSubstr("made for WASI 0.3")));
  EXPECT_THAT(
      problems_of({.imports = {{"wasi:config/store@0.3.0", Provision::OtherVersion, "x"}}, .exports = {kHandler}}),
      ElementsAre(HasSubstr("imports what Peko does not provide")));
}

TEST(ComponentCheck, SaysWhatIsNoComponent) {
  using namespace std::string_view_literals;
  const Status cut = check_surface("\0asm\x0d\0\x01\0\x07\x7f"sv, "x.wasm");
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().code, Code::Invalid);
  EXPECT_EQ(cut.error().message, "x.wasm is no valid component (it is cut off): build or copy it again");
  const Status empty = check_surface("\0asm\x0d\0\x01\0"sv, "x.wasm");
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().code, Code::Unsupported);
  EXPECT_THAT(empty.error().message, testing::StartsWith("x.wasm: it exports nothing"));
}

}  // namespace
}  // namespace peko::code

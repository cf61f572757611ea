#include "code/component_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "code/test_folder.hpp"

namespace peko::code {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kComponent = "\0asm\x0d\0\x01\0"sv;

struct Row {
  std::string_view bytes;
  FileKind kind;
  std::string_view message;  // what the error must say; empty: no error
};

TEST(ComponentFile, IsRecognisedByItsFirstBytes) {
  const Row rows[] = {
      {""sv, FileKind::Empty, "is empty: build it again"},
      {kComponent, FileKind::Component, ""},
      {"\0asm\x0d\0\x01\0rest"sv, FileKind::Component, ""},
      {"\0asm\x01\0\0\0"sv, FileKind::CoreModule, "core WebAssembly module, not a component: make a component instead"},
      {"\0asm\x01\0\0\0\x02\x2c\x01\x16wasi_snapshot_preview1\x08"sv, FileKind::CoreModule,
       "core module for WASI 0.1 (it imports wasi_snapshot_preview1)"},
      {"\0"sv, FileKind::Truncated, "cut off after 1 bytes"},
      {"\0asm"sv, FileKind::Truncated, "cut off after 4 bytes"},
      {"\0asm\x0d\0\x01"sv, FileKind::Truncated, "cut off after 7 bytes"},
      {"\0asm\x0c\0\x01\0"sv, FileKind::OtherVersion, "(version 12, layer 1; expected 13 and 1)"},
      {"\0asm\x0d\0\xff\x01"sv, FileKind::OtherVersion, "(version 13, layer 511; expected 13 and 1)"},
      {"(component\n)"sv, FileKind::WasmText, "wasm-tools parse"},
      {"\n  (module)"sv, FileKind::WasmText, "wasm-tools parse"},
      {"hello world\n"sv, FileKind::Text, "is text, not WebAssembly (it begins with \"hello world\")"},
      {"export default {\n  fetch() {"sv, FileKind::Text, "(it begins with \"export default { fetch() {\")"},
      {"caf\xc3\xa9"sv, FileKind::Text, "(it begins with \"caf??\")"},
      {" \n"sv, FileKind::Text, "(it begins with \"\")"},
      {"version https://git-lfs.github.com/spec/v1"sv, FileKind::Text,
       "\"version https://git-lfs.github.com/spec/...\""},
      {"\x7f"
       "ELF\x02\x01"sv,
       FileKind::Program, "native code (ELF)"},
      {"\x1f\x8b\x08"sv, FileKind::Compressed, "unpack it first"},
      {"\xff\xfe\x01\x02"sv, FileKind::Unknown, "is not WebAssembly: name the .wasm file"},
      {"text with \x1b[31m colour"sv, FileKind::Unknown, "is not WebAssembly"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(recognise(row.bytes), row.kind) << row.message;
    const Status checked = check_component(row.bytes, "x.wasm");
    ASSERT_EQ(checked.has_value(), row.message.empty()) << row.message;
    if (!checked) {
      EXPECT_EQ(checked.error().code, Code::Invalid);
      EXPECT_TRUE(checked.error().message.starts_with("x.wasm ")) << checked.error().message;
      EXPECT_NE(checked.error().message.find(row.message), std::string::npos) << checked.error().message;
    }
  }
}

TEST(ComponentFile, IsReadWhole) {
  const TestFolder folder;
  const std::string bytes = std::string(kComponent) + std::string(300'000, 'x');
  const auto read = read_component(folder.write("a.wasm", bytes));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, bytes);
}

TEST(ComponentFile, MayHaveTheLargestSizeAndNotAByteMore) {
  const TestFolder folder;
  const auto file = folder.write("a.wasm", std::string(kComponent) + std::string(2040, 'x'));
  EXPECT_TRUE(read_component(file, 2048).has_value());
  const auto refused = read_component(file, 2047);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::Invalid);
  EXPECT_TRUE(refused.error().message.starts_with("PEKO-COMPONENT: ")) << refused.error().message;
}

TEST(ComponentFile, IsNotAFolderAPipeOrAbsent) {
  const TestFolder folder;
  const auto is_folder = read_component(folder.path());
  ASSERT_FALSE(is_folder.has_value());
  EXPECT_NE(is_folder.error().message.find("is a folder, not a component"), std::string::npos);

  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto is_pipe = read_component(pipe);  // Must not wait for a writer.
  ASSERT_FALSE(is_pipe.has_value());
  EXPECT_NE(is_pipe.error().message.find("is not a regular file"), std::string::npos);

  const auto absent = read_component(folder.path() / "no.wasm");
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, Code::NotFound);
  EXPECT_NE(absent.error().message.find("no.wasm does not exist: build it, or correct the path"), std::string::npos);
}

/// Root may read everything, so a test run by root becomes nobody for a while.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() { EXPECT_TRUE(before_ != 0 || ::seteuid(65534) == 0); }
  ~AsOrdinaryUser() { EXPECT_EQ(::seteuid(before_), 0); }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  uid_t before_ = ::geteuid();
};

TEST(ComponentFile, ThatMayNotBeReadIsDenied) {
  const TestFolder folder;
  const auto file = folder.write("a.wasm", kComponent);
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const AsOrdinaryUser user;
  const auto denied = read_component(file);
  ASSERT_FALSE(denied.has_value());
  EXPECT_EQ(denied.error().code, Code::Denied);
  EXPECT_NE(denied.error().message.find("may not be read: give this user the right to read it"), std::string::npos);
}

TEST(ComponentFile, ThatIsMissingNamesTheBuildCommand) {
  const TestFolder folder;
  Function function;
  function.name = "todo";
  function.component = folder.path() / "target" / "todo.wasm";
  function.manifest = folder.path() / "peko.toml";
  function.build_command = "cargo build --release";
  const auto missing = read_component(function);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Code::NotFound);
  EXPECT_EQ(missing.error().message, folder.path().string() +
                                         "/target/todo.wasm is missing: run `cargo build --release` in " +
                                         folder.path().string() + " first");
}

}  // namespace
}  // namespace peko::code

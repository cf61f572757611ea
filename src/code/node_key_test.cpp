#include "code/node_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/random.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEngine = "wasmtime-48.0.0-abi1-0123abcd";
const Digest kComponent = sha256("a component");

class NodeKeyTest : public testing::Test {
 protected:
  /// A key file with these bytes, ours alone.
  fs::path file_with(std::string_view bytes, std::string_view name = "key") const {
    fs::path file = folder_.write(name, bytes);
    EXPECT_EQ(::chmod(file.c_str(), 0600), 0);
    return file;
  }

  NodeKey key_of(std::string_view bytes) const {
    auto key = NodeKey::read(file_with(bytes));
    EXPECT_TRUE(key.has_value()) << key.error().message;
    return std::move(*key);
  }

  static void expect_error(const Result<NodeKey>& key, Code code, std::string_view what) {
    ASSERT_FALSE(key.has_value()) << what;
    EXPECT_EQ(key.error().code, code) << key.error().message;
    EXPECT_NE(key.error().message.find(what), std::string::npos) << key.error().message;
  }

  TestFolder folder_;
  const std::string one_ = std::string(32, '1');
  const std::string two_ = std::string(32, '2');
};

TEST_F(NodeKeyTest, IsMadeAtTheFirstStartAndStays) {
  const fs::path file = folder_.path() / "new" / "folder" / "key";
  const mode_t before = ::umask(0);
  const auto made = NodeKey::open(file);
  ::umask(before);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600U);
  EXPECT_EQ(about.st_size, 32);
  ASSERT_EQ(::stat(file.parent_path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0700U);
  const auto again = NodeKey::open(file);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->sign_artifact(kEngine, kComponent, kComponent),
            made->sign_artifact(kEngine, kComponent, kComponent));
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), {}), 1) << "no temporary file";
}

TEST_F(NodeKeyTest, IsTheSameForProcessesThatStartAtOnce) {
  const fs::path file = folder_.path() / "key";
  std::vector<pid_t> children;
  for (int child = 0; child < 8; ++child) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      const auto key = NodeKey::open(file);
      const bool good = key && write_file_atomically(folder_.path() / ("by" + std::to_string(child)),
                                                     hex(key->sign_artifact(kEngine, kComponent, kComponent)), 0600);
      ::_exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto key = NodeKey::open(file);
  ASSERT_TRUE(key.has_value());
  for (int child = 0; child < 8; ++child) {
    EXPECT_EQ(read_file(folder_.path() / ("by" + std::to_string(child)), 100).value(),
              hex(key->sign_artifact(kEngine, kComponent, kComponent)));
  }
}

TEST_F(NodeKeyTest, IsNotMadeWhereSomebodyElseWasToPutIt) {
  const fs::path file = folder_.path() / "key";
  expect_error(NodeKey::read(file), Code::NotFound, "head -c 32 /dev/urandom");
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(NodeKeyTest, IsRefusedWhenOthersCouldReadOrReplaceIt) {
  const fs::path file = file_with(one_);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0440U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    expect_error(NodeKey::open(file), Code::Denied, "is open to other users");
    expect_error(NodeKey::read(file), Code::Denied, "the node key must be yours alone");
  }
  for (const mode_t mode : {0600U, 0400U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_TRUE(NodeKey::read(file).has_value()) << mode;
  }
  const fs::path link = folder_.path() / "link";
  fs::create_symlink(file, link);
  expect_error(NodeKey::open(link), Code::Denied, "is a symbolic link");
  expect_error(NodeKey::open(folder_.path()), Code::Denied, "is not a regular file");
}

/// What a child that gave up root says of a key file with this owner and mode: "good", or the error.
std::string as_nobody(const fs::path& file, uid_t owner, mode_t mode) {
  EXPECT_EQ(::chown(file.c_str(), owner, 65534), 0);
  EXPECT_EQ(::chmod(file.c_str(), mode), 0);
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool dropped = ::setgid(65534) == 0 && ::setuid(65534) == 0;
    const auto key = NodeKey::read(file);
    write_all(pipe[1], !dropped ? "not dropped" : key ? "good" : key.error().message);
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string said(1000, '\0');
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(pipe[0], said.data(), said.size()))));
  ::close(pipe[0]);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  return said;
}

TEST_F(NodeKeyTest, MayBeRootsAndReadableByAGroup) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away and become somebody else";
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const fs::path file = file_with(one_);
  EXPECT_EQ(as_nobody(file, 0, 0440), "good");
  EXPECT_EQ(as_nobody(file, 0, 0640), "good");
  EXPECT_EQ(as_nobody(file, 65534, 0600), "good");
  EXPECT_NE(as_nobody(file, 0, 0444).find("is open to other users"), std::string::npos);
  EXPECT_NE(as_nobody(file, 0, 0460).find("is open to other users"), std::string::npos);
  EXPECT_NE(as_nobody(file, 65534, 0640).find("is open to other users"), std::string::npos);
  EXPECT_NE(as_nobody(file, 12345, 0640).find("belongs to another user"), std::string::npos);
  EXPECT_NE(as_nobody(file, 0, 0600).find("Permission denied"), std::string::npos);
}

TEST_F(NodeKeyTest, HasOneToFourKeys) {
  for (const std::size_t size : {0U, 1U, 31U, 33U, 63U, 160U, 100'000U}) {
    expect_error(NodeKey::open(file_with(std::string(size, 'x'))), Code::Invalid,
                 "is damaged: a node key has 32 bytes");
  }
  for (const std::size_t size : {32U, 64U, 96U, 128U}) {
    EXPECT_TRUE(NodeKey::open(file_with(std::string(size, 'x'))).has_value()) << size;
  }
}

TEST_F(NodeKeyTest, SignsAnArtifactForOneEngineAndComponent) {
  const NodeKey key = key_of(one_);
  const std::string object = key.with_signature(kEngine, kComponent, "machine code");
  EXPECT_EQ(object.size(), 12U + 32U);
  EXPECT_EQ(key.without_signature(kEngine, kComponent, object).value(), "machine code");
  EXPECT_FALSE(key.without_signature("another-engine", kComponent, object).has_value());
  EXPECT_FALSE(key.without_signature(kEngine, sha256("another"), object).has_value());
  EXPECT_FALSE(key_of(two_).without_signature(kEngine, kComponent, object).has_value());
  for (std::size_t size = 0; size < object.size(); ++size) {
    EXPECT_FALSE(key.without_signature(kEngine, kComponent, object.substr(0, size)).has_value()) << size;
  }
  for (std::size_t at = 0; at < object.size(); ++at) {
    std::string changed = object;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(key.without_signature(kEngine, kComponent, changed).error().code, Code::Denied) << at;
  }
  EXPECT_EQ(key.without_signature(kEngine, kComponent, key.with_signature(kEngine, kComponent, "")).value(), "");
}

TEST_F(NodeKeyTest, SealsASecretForOneFunctionAndName) {
  const NodeKey key = key_of(one_);
  for (const std::string& value :
       {std::string(), std::string("hunter2"), std::string("\0\n\xff", 3), std::string(kSecretBytesMax, 'a')}) {
    const auto sealed = key.seal("todo-api", "TOKEN", value);
    ASSERT_TRUE(sealed.has_value()) << sealed.error().message;
    EXPECT_TRUE(sealed->starts_with("s1."));
    EXPECT_EQ(key.unseal("todo-api", "TOKEN", *sealed).value(), value);
    EXPECT_FALSE(key.unseal("todo-api", "OTHER", *sealed).has_value());
    EXPECT_FALSE(key.unseal("other", "TOKEN", *sealed).has_value());
  }
  EXPECT_EQ(key.seal("todo-api", "TOKEN", std::string(kSecretBytesMax + 1, 'a')).error().code, Code::Invalid);
  EXPECT_NE(key.seal("a", "B", "same").value(), key.seal("a", "B", "same").value()) << "nobody sees that two are equal";
}

TEST_F(NodeKeyTest, RefusesASealedSecretThatIsNotItsOwnWithoutTellingIt) {
  const NodeKey key = key_of(one_);
  const std::string sealed = key.seal("f", "TOKEN", "hunter2").value();
  const auto other = key_of(two_).unseal("f", "TOKEN", sealed);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, Code::Denied);
  EXPECT_NE(other.error().message.find("the secret TOKEN of function f"), std::string::npos);
  EXPECT_NE(other.error().message.find("peko secret set f TOKEN"), std::string::npos);
  EXPECT_EQ(other.error().message.find("hunter2"), std::string::npos);
  EXPECT_EQ(other.error().message.find(sealed), std::string::npos);
  EXPECT_EQ(key.unseal("f", "TOKEN", "hunter2").error().code, Code::Unsupported);
  EXPECT_EQ(key.unseal("f", "TOKEN", "s2." + sealed).error().code, Code::Unsupported);
  for (const std::string& text : {std::string("s1."), std::string("s1.AAAA"), std::string("s1.\xff=="), sealed + "A",
                                  "s1." + std::string(10'000'000, 'A')}) {
    EXPECT_EQ(key.unseal("f", "TOKEN", text).error().code, Code::Denied);
  }
}

TEST_F(NodeKeyTest, CanBeReplacedWhileBothAreInUse) {
  const NodeKey old = key_of(one_);
  const NodeKey prepared = key_of(one_ + two_);
  const NodeKey changed = key_of(two_ + one_);
  const NodeKey next = key_of(two_);
  const std::string sealed_before = prepared.seal("f", "A", "value").value();
  EXPECT_TRUE(old.unseal("f", "A", sealed_before).has_value()) << "the first key seals";
  EXPECT_TRUE(changed.unseal("f", "A", sealed_before).has_value());
  EXPECT_FALSE(next.unseal("f", "A", sealed_before).has_value());
  const std::string signed_after = changed.with_signature(kEngine, kComponent, "code");
  EXPECT_TRUE(prepared.without_signature(kEngine, kComponent, signed_after).has_value());
  EXPECT_TRUE(next.without_signature(kEngine, kComponent, signed_after).has_value());
  EXPECT_FALSE(old.without_signature(kEngine, kComponent, signed_after).has_value());
}

TEST_F(NodeKeyTest, HasASignatureOfItsOwnForEachPurpose) {
  const NodeKey key = key_of(one_);
  const Digest content = sha256("content");
  const Digest signature = key.sign_remembered(content);
  const std::string bytes(signature.begin(), signature.end());
  EXPECT_TRUE(key.verifies_remembered(content, bytes));
  EXPECT_FALSE(key.verifies_remembered(sha256("other"), bytes));
  EXPECT_FALSE(key.verifies_remembered(content, bytes.substr(1)));
  EXPECT_FALSE(key_of(two_).verifies_remembered(content, bytes));
  EXPECT_NE(hmac_sha256(one_, std::string(content.begin(), content.end())), signature) << "not the key itself signs";
}

}  // namespace
}  // namespace peko::code

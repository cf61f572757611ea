// A SqliteStore whose quota is reached, and whose disk or file is not what it should be.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "base/no_threads.hpp"
#include "keyvalue/sqlite_store.hpp"
#include "keyvalue/store_fixture.hpp"

namespace peko::keyvalue {
namespace {

using SqliteTroubleTest = StoreFixture;

std::string random_text(std::size_t size, int number) {
  auto seed = static_cast<unsigned>(number);
  std::string text(size, 'x');
  for (char& c : text) c = static_cast<char>('a' + (seed = seed * 1'103'515'245 + 12'345) / 65'536 % 26);
  return text;
}

/// Fills it with entries k0, k1, ... and returns how many found room.
int fill(const std::function<Status(int)>& set, Status& refused) {
  int count = 0;
  for (; count < 10'000; ++count) {
    refused = set(count);
    if (!refused) return count;
  }
  return count;
}

TEST_F(SqliteTroubleTest, RefusesWhatIsBeyondTheQuotaAndSaysWhatRaisesIt) {
  quota_bytes_ = 1U << 20;
  Status refused;
  const int fits = fill([&](int i) { return set("k" + std::to_string(i), random_text(10'000, i)); }, refused);
  EXPECT_GT(fits, 60);
  EXPECT_LT(fits, 110);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Overloaded);
  EXPECT_NE(refused.error().message.find("quota_mb"), std::string::npos) << refused.error().message;
  const Usage& usage = *store_->usage().all().at(0);
  EXPECT_EQ(usage.errors(static_cast<std::size_t>(Code::Overloaded)), 1U);
  EXPECT_GT(static_cast<double>(usage.bytes()), 0.9 * static_cast<double>(usage.quota_bytes()));
  EXPECT_NE(refused.error().message.find("1.0 MB"), std::string::npos) << refused.error().message;
  EXPECT_LE(std::filesystem::file_size(file()), quota_bytes_ + (64U << 10));
}

TEST_F(SqliteTroubleTest, HasRoomAgainAfterEntriesAreDeleted) {
  quota_bytes_ = 1U << 20;
  Status refused;
  const int fits = fill([&](int i) { return set("k" + std::to_string(i), random_text(10'000, i)); }, refused);
  for (int i = 0; i < fits / 2; ++i) {
    Request request{.op = Op::Delete};
    request.items.push_back({.key = "k" + std::to_string(i)});
    ASSERT_TRUE(ask(std::move(request)));
  }
  for (int i = 0; i < fits / 3; ++i) EXPECT_TRUE(set("again" + std::to_string(i), random_text(10'000, i)));
}

TEST_F(SqliteTroubleTest, HoldsAFileWithFreePagesToAQuotaThatWasLowered) {
  const auto entry = [&](int i) { return set("k" + std::to_string(i), random_text(10'000, i)); };
  quota_bytes_ = 4U << 20;
  Status refused;
  const int fitted = fill(entry, refused);
  for (int i = 0; i < fitted; ++i) {
    Request request{.op = Op::Delete};
    request.items.push_back({.key = "k" + std::to_string(i)});
    ASSERT_TRUE(ask(std::move(request)));
  }
  ASSERT_GT(std::filesystem::file_size(file()), 3U << 20);
  quota_bytes_ = 1U << 20;
  const int fits = fill(entry, refused);
  EXPECT_GT(fits, 70);
  EXPECT_LT(fits, 105);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Overloaded);
  EXPECT_NE(refused.error().message.find("quota_mb"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(set("k0", random_text(10'000, 7))) << "what takes no more than before has room";
  quota_bytes_ = 512U << 10;
  EXPECT_FALSE(set("more", random_text(10'000, 1)));
  EXPECT_TRUE(set("k0", "less"));
}

TEST_F(SqliteTroubleTest, MakesRoomOfWhatHasExpired) {
  quota_bytes_ = 1U << 20;
  Status refused;
  const auto temporary = [&](int i) { return set("k" + std::to_string(i), random_text(1000, i), now() + 60); };
  const int fits = fill(temporary, refused);
  EXPECT_GT(fits, 500);
  clock_.advance(std::chrono::seconds(61));
  EXPECT_TRUE(set("large", random_text(600'000, 1)));
}

TEST_F(SqliteTroubleTest, OneThatDoesNotFitLeavesItsNeighboursAlone) {
  quota_bytes_ = 1U << 20;
  ASSERT_TRUE(set("first", "1"));
  std::vector<std::future<Result<Answer>>> answers;
  for (int i = 0; i < 30; ++i) {
    answers.push_back(begin(setting("small" + std::to_string(i), "1")));
    if (i % 10 == 5) answers.push_back(begin(setting("large", std::string(2U << 20, 'x'))));
  }
  int refused = 0;
  for (auto& answer : answers) refused += answer.get() ? 0 : 1;
  EXPECT_EQ(refused, 3);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(get("small" + std::to_string(i)).value, "1");
}

TEST_F(SqliteTroubleTest, AllItemsOfASetAreWrittenOrNone) {
  quota_bytes_ = 1U << 20;
  Request request = setting("a", "1");
  request.items.push_back({.key = "b", .value = std::string(2U << 20, 'x')});
  EXPECT_FALSE(ask(std::move(request)));
  EXPECT_EQ(get("a").version, 0);
}

// A limit on the size of files stands for a full disk: the kernel refuses to write in the middle of a transaction.
TEST_F(SqliteTroubleTest, SurvivesADiskThatTakesNoMore) {
  ASSERT_TRUE(set("before", "1"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{.rlim_cur = 300'000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status refused = set("large", random_text(1'000'000, 1));
  const Item meanwhile = get("before");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().code == Code::Overloaded || refused.error().code == Code::Unavailable);
  EXPECT_EQ(refused.error().message.find(folder_.string()), std::string::npos) << "paths are the operator's";
  EXPECT_EQ(meanwhile.value, "1");
  EXPECT_EQ(get("large").version, 0);
  EXPECT_TRUE(set("after", "2"));
  reopen();
  EXPECT_EQ(get("before").value, "1");
  EXPECT_EQ(get("after").value, "2");
}

TEST_F(SqliteTroubleTest, TellsThatAFileIsDamagedAndLeavesItThere) {
  ASSERT_TRUE(set("a", "1"));
  close();
  std::ofstream(file(), std::ios::binary | std::ios::trunc) << std::string(20'000, '?');
  reopen();
  const Status refused = set("a", "2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unavailable);
  EXPECT_NE(refused.error().message.find("damaged"), std::string::npos) << refused.error().message;
  EXPECT_EQ(std::filesystem::file_size(file()), 20'000U);
  std::filesystem::remove(file());
  EXPECT_TRUE(set("a", "3")) << "it goes on as soon as the file is out of the way";
  EXPECT_EQ(get("a").value, "3");
}

TEST_F(SqliteTroubleTest, NoticesDamageInTheMiddleOfAFile) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(set("k" + std::to_string(i), random_text(500, i)));
  close();
  std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file()));
  for (std::streamoff at = 4096; at < size; at += 512) {
    stream.seekp(at);
    stream.write("\x99\x99\x99\x99\x99\x99\x99\x99", 8);
  }
  stream.close();
  reopen();
  bool told = false;
  for (int i = 0; i < 200; ++i) {
    Request request{.op = Op::Get};
    request.items.push_back({.key = "k" + std::to_string(i)});
    const Result<Answer> answer = ask(std::move(request));
    told = told || !answer;
  }
  EXPECT_TRUE(told);
}

TEST_F(SqliteTroubleTest, RefusesAFileOfAnotherKind) {
  std::filesystem::create_directories(file().parent_path());
  {
    std::ofstream(file()) << "";
    const std::string make = "sqlite3 " + file().string() + " 'CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)'";
    if (std::system(make.c_str()) != 0) GTEST_SKIP() << "no sqlite3 program";
  }
  const std::string theirs = read_file(file(), 1U << 20).value();
  EXPECT_FALSE(set("a", "1"));
  EXPECT_EQ(read_file(file(), 1U << 20).value(), theirs) << "it stays as it was, its journal mode too";
}

TEST_F(SqliteTroubleTest, SaysThatItCannotWriteToAFolder) {
  if (::geteuid() == 0) {
    // Nothing is forbidden to root: a file where the folder should be does as well.
    std::ofstream(folder_ / "data") << "in the way";
  } else {
    std::filesystem::create_directories(folder_ / "data");
    ::chmod((folder_ / "data").c_str(), 0500);
  }
  const Status refused = set("a", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unavailable);
  EXPECT_EQ(refused.error().message.find(folder_.string()), std::string::npos);
}

TEST_F(SqliteTroubleTest, FollowsNoLinkToAnotherFile) {
  ASSERT_TRUE(set("a", "1"));
  close();
  const std::filesystem::path elsewhere = folder_ / "elsewhere.sqlite";
  std::filesystem::rename(file(), elsewhere);
  std::filesystem::create_symlink(elsewhere, file());
  reopen();
  EXPECT_FALSE(set("a", "2"));
}

TEST_F(SqliteTroubleTest, AnswersWhenThereIsNoThread) {
  {
    const NoThreads none;
    const Status refused = set("a", "1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Unavailable);
  }
  EXPECT_TRUE(set("a", "2")) << "it goes on when there is one";
  EXPECT_EQ(get("a").value, "2");
}

TEST_F(SqliteTroubleTest, FollowsLinksToItsFolder) {
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", folder_ / "data");
  EXPECT_EQ(get("a").version, 0) << "nothing is there yet";
  ASSERT_TRUE(set("a", "1"));
  EXPECT_EQ(get("a").value, "1");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "elsewhere/todo/default.sqlite"));
}

TEST_F(SqliteTroubleTest, DoesNotWriteToAFileThatIsDeletedBeneathIt) {
  ASSERT_TRUE(set("a", "1"));
  std::filesystem::remove_all(folder_ / "data");
  ASSERT_TRUE(set("b", "2"));
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_EQ(get("a").version, 0);
  EXPECT_EQ(get("b").value, "2");
}

}  // namespace
}  // namespace peko::keyvalue

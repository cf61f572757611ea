#include "doctor/network.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "code/test_folder.hpp"
#include "net/listener.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

net::Listener some_listener() {
  auto listener = net::Listener::bind(*net::Address::parse("127.0.0.1:0"), net::Sharing::First);
  EXPECT_TRUE(listener);
  return std::move(*listener);
}

TEST(Port, ThatIsFreeIsOk) { EXPECT_EQ(check_port("--listen", "127.0.0.1:0", "/").state, State::Ok); }

TEST(Port, InUseNamesTheProgramAndAnotherPort) {
  const net::Listener listener = some_listener();
  const Finding finding = check_port("--listen", listener.address().text(), "/");
  EXPECT_EQ(finding.state, State::Fail);
  EXPECT_NE(finding.detail.find("process " + std::to_string(::getpid())), std::string::npos) << finding.detail;
  EXPECT_NE(finding.fix.find("--listen 127.0.0.1:" + std::to_string(listener.address().port() + 1)), std::string::npos)
      << finding.fix;
}

TEST(Port, OfARunningPekoIsOk) {
  const net::Listener listener = some_listener();
  const code::TestFolder root;
  fs::create_directories(root.path() / "proc/17/fd");
  root.write("proc/net/tcp", fmt::format("  sl  local_address rem_address   st\n   0: 0100007F:{:04X} 00000000:0000 0A "
                                         "00000000:00000000 00:00000000 00000000  0  0 4711 1\n",
                                         listener.address().port()));
  root.write("proc/17/comm", "peko\n");
  fs::create_symlink("socket:[4711]", root.path() / "proc/17/fd/3");
  const Finding finding = check_port("--listen", listener.address().text(), root.path());
  EXPECT_EQ(finding.state, State::Ok) << finding.detail;
  EXPECT_NE(finding.detail.find("process 17"), std::string::npos) << finding.detail;
}

TEST(Port, OfAnotherMachineIsNone) {
  const Finding finding = check_port("--listen", "192.0.2.1:3000", "/");
  EXPECT_EQ(finding.state, State::Fail);
  EXPECT_NE(finding.fix.find("--listen 127.0.0.1:3000"), std::string::npos) << finding.fix;
}

TEST(Listening, IsNobodyWhereTheTablesAreMissingOrNonsense) {
  const code::TestFolder root;
  EXPECT_FALSE(who_listens(3000, root.path()));
  root.write("proc/net/tcp", "nonsense\n\n0: x:0BB8 y 0A\n");
  EXPECT_FALSE(who_listens(3000, root.path()));
}

TEST(Name, BelowADomainThatNobodyHasIsAWarning) {
  const Finding finding = check_name("peko-has-no-such.invalid");  // RFC 6761: never resolves
  EXPECT_EQ(finding.state, State::Warn);
  EXPECT_NE(finding.fix, "");
}

}  // namespace
}  // namespace peko::doctor

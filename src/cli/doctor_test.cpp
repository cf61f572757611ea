#include <unistd.h>

#include "cli/store_fixture.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;

class DoctorTest : public StoreCommands {
 protected:
  /// The checks of a subject: "status detail".
  std::vector<std::string> told(std::string_view subject) {
    std::vector<std::string> found;
    const boost::json::value answer = json();
    for (const boost::json::value& check : answer.at("checks").as_array()) {
      if (check.at("subject").as_string() == subject) {
        found.push_back(std::string(check.at("status").as_string()) + " " +
                        std::string(check.at("detail").as_string()));
      }
    }
    return found;
  }

  std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all = {"doctor", "--json", "--listen", "127.0.0.1:0", "--admin", "off"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(DoctorTest, LooksAtTheProjectThatIsNamed) {
  (void)run(words({project()}));
  EXPECT_THAT(told("settings"), testing::ElementsAre(HasSubstr("ok api: ")));
  EXPECT_THAT(told("component"), testing::ElementsAre(HasSubstr("ok ")));
  EXPECT_EQ(run(words({(folder_.path() / "nowhere").string()})), kExitFailed);
  EXPECT_THAT(told("settings"), testing::ElementsAre(HasSubstr("fail ")));
}

TEST_F(DoctorTest, WantsOnlyTheToolsOfTheProject) {
  environment_["PATH"] = folder_.path().string();  // nothing there
  (void)run(words({}));
  EXPECT_THAT(told("Rust"), testing::ElementsAre(HasSubstr("warn ")));
  folder_.write("api/Cargo.toml", "");
  EXPECT_EQ(run(words({project()})), kExitFailed);
  EXPECT_THAT(told("Rust"), testing::ElementsAre(HasSubstr("fail ")));
  EXPECT_THAT(told("npm"), testing::IsEmpty());
}

TEST_F(DoctorTest, WantsNoToolsForAComponentAlone) {
  environment_["PATH"] = folder_.path().string();
  (void)run(words({project() + "/a.wasm"}));
  EXPECT_THAT(told("component"), testing::ElementsAre(HasSubstr("ok ")));
  EXPECT_THAT(told("Rust"), testing::IsEmpty());
  EXPECT_THAT(told("npm"), testing::IsEmpty());
}

TEST_F(DoctorTest, TriesTheCompiler) {
  (void)run(words({}));
  EXPECT_EQ(compiled_, 1);
  EXPECT_THAT(told("compiler"), testing::ElementsAre(HasSubstr("ok ")));
  compile_error_ = Error{Code::Unavailable, "the compiler cannot be started"};
  EXPECT_EQ(run(words({})), kExitFailed);
  EXPECT_THAT(told("compiler"), testing::ElementsAre("fail the compiler cannot be started"));
}

TEST_F(DoctorTest, AsksTheCodeStoreOnlyWhereOneIsNamed) {
  (void)run(words({}));
  EXPECT_EQ(opened_, "/srv/peko");
  EXPECT_THAT(told("code store"), testing::Contains(HasSubstr("0 functions")));
  opened_.clear();
  environment_.erase("PEKO_CODE");
  (void)run(words({}));
  EXPECT_EQ(opened_, "");
}

TEST_F(DoctorTest, LooksWhereKeyValueStoresAreToBe) {
  folder_.write("file", "");
  EXPECT_EQ(run(words({"--data-dir", (folder_.path() / "file").string()})), kExitFailed);
  EXPECT_THAT(told("data"), testing::ElementsAre(HasSubstr("fail ")));
  (void)run(words({"--data-dir", folder_.path().string()}));
  EXPECT_THAT(told("data"), testing::ElementsAre(testing::Not(HasSubstr("fail "))));
  environment_.erase("HOME");
  environment_["PEKO_CACHE_DIR"] = folder_.path().string();
  (void)run(words({}));
  EXPECT_THAT(told("data"), testing::ElementsAre(HasSubstr("warn functions cannot keep anything")));
}

TEST_F(DoctorTest, ShowsPeopleHowToMendWhatIsWrong) {
  environment_["PATH"] = folder_.path().string();
  (void)run({"doctor", "--listen", "127.0.0.1:0", "--admin", "off"});
  EXPECT_THAT(out(), HasSubstr("warn  Rust"));
  EXPECT_THAT(out(), HasSubstr("-> install Rust by https://rustup.rs"));
  EXPECT_EQ(run({"doctor", "--listen", "here"}), kExitUsage);
}

}  // namespace
}  // namespace peko::cli

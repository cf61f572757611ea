#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fake_clock.hpp"
#include "cli/captured.hpp"
#include "cli/commands.hpp"
#include "cloud/fake_transport.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;

constexpr std::string_view kNode = "GET http://127.0.0.1:7070";
constexpr std::string_view kLine =
    R"({"ts":"2026-01-31T12:00:00.000Z","type":"guest","function":"api","id":"-","stream":"stdout","msg":"printed"})"
    "\n";

/// Runs `peko logs` against nodes that answer from a table.
struct Rig {
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "logs");
    return cli::run(arguments, {.environment = environment,
                                .out = out.terminal(),
                                .err = err.terminal(),
                                .clock = clock,
                                .version = "peko",
                                .http = [this]() -> Result<cloud::HttpTransport*> { return node; }});
  }
  void answer(std::string_view path, unsigned status, std::string_view body) {
    http.answer(std::string(kNode).append(path), {.status = status, .headers = {}, .body = std::string(body)});
  }
  void has_functions() {
    answer("/api/functions?name=api", 200, R"({"functions":[{"name":"api"}]})");
    answer("/api/functions?name=apu", 200, R"({"functions":[]})");
    answer("/api/functions?limit=10000", 200, R"({"functions":[{"name":"api"},{"name":"site"}]})");
  }

  Environment environment;
  Captured out;
  Captured err;
  FakeClock clock;
  cloud::FakeTransport http;
  cloud::HttpTransport* node = &http;
};

/// Answers a line and ends; whoever comes again is refused.
class BrokenOff final : public cloud::HttpTransport {
 public:
  Result<cloud::HttpResponse> send(const cloud::HttpRequest& request, const cloud::BodyWriter& sink) override {
    urls.push_back(request.url);
    if (urls.size() > 1) return cloud::HttpResponse{.status = 401, .headers = {}, .body = {}};
    if (Status taken = sink(kLine); !taken) return fail(taken.error());
    return cloud::HttpResponse{.status = 200, .headers = {}, .body = {}};
  }
  std::vector<std::string> urls;
};

std::string said(std::string_view time, std::string_view what) {
  return R"({"ts":"2026-01-31T)" + std::string(time) +
         R"(Z","type":"guest","function":"api","stream":"stdout","msg":")" + std::string(what) + "\"}\n";
}

/// Answers one text after the other, and then refuses.
class Script final : public cloud::HttpTransport {
 public:
  explicit Script(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  Result<cloud::HttpResponse> send(const cloud::HttpRequest& /*request*/, const cloud::BodyWriter& sink) override {
    if (next_ == texts_.size()) return cloud::HttpResponse{.status = 401, .headers = {}, .body = {}};
    if (Status taken = sink(texts_[next_++]); !taken) return fail(taken.error());
    return cloud::HttpResponse{.status = 200, .headers = {}, .body = {}};
  }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

/// Answers any question with many bytes.
class Talkative final : public cloud::HttpTransport {
 public:
  explicit Talkative(std::size_t bytes) : bytes_(bytes) {}
  Result<cloud::HttpResponse> send(const cloud::HttpRequest& /*request*/, const cloud::BodyWriter& sink) override {
    constexpr std::string_view kBegin = R"({"request":null,"phases":[],"log":[],"trap":null,"more":")";
    if (!sink) return fail(Code::Unavailable, "answers with more than 1 MiB");
    if (Status taken = sink(kBegin); !taken) return fail(taken.error());
    const std::string piece(1 << 20, 'x');
    for (std::size_t sent = 0; sent < bytes_; sent += piece.size()) {
      if (Status taken = sink(piece); !taken) return fail(taken.error());
    }
    if (Status taken = sink("\"}"); !taken) return fail(taken.error());
    return cloud::HttpResponse{.status = 200, .headers = {}, .body = {}};
  }

 private:
  std::size_t bytes_;
};

TEST(Logs, ShowsWhatANodeRemembers) {
  Rig rig;
  rig.has_functions();
  rig.answer("/api/logs?errors=0&function=api", 200, kLine);
  EXPECT_EQ(rig.run({"api"}), kExitOk) << rig.err.text();
  EXPECT_THAT(rig.out.text(), HasSubstr("| printed\n"));
  EXPECT_EQ(rig.err.text(), "");
}

TEST(Logs, PassesOnWhatIsWanted) {
  Rig rig;
  rig.environment.emplace("PEKO_ADMIN_TOKEN", "0123456789abcdef");
  rig.http.answer("GET http://10.0.0.7:7070/api/logs?errors=1&since=300&limit=7",
                  {.status = 200, .headers = {}, .body = std::string(kLine)});
  EXPECT_EQ(rig.run({"--admin", "10.0.0.7:7070", "--errors", "--since", "5m", "--lines", "7", "--json"}), kExitOk)
      << rig.err.text();
  EXPECT_EQ(rig.out.text(), kLine);
  EXPECT_EQ(cloud::header_of(rig.http.asked().front().request, "authorization"), "Bearer 0123456789abcdef");
}

TEST(Logs, ShowsOneRequest) {
  Rig rig;
  rig.answer("/api/requests/id-1", 200, R"({"request":null,"phases":[],"log":[],"trap":null})");
  EXPECT_EQ(rig.run({"--request", "id-1"}), kExitOk) << rig.err.text();
  EXPECT_THAT(rig.out.text(), HasSubstr("not over yet"));
  rig.answer("/api/requests/id-2", 404, R"({"error":"nothing is known of request id-2"})");
  EXPECT_EQ(rig.run({"--request", "id-2"}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("peko logs: nothing is known of request id-2\n"));
}

TEST(Logs, ShowsARequestThatPrintedMuch) {
  Rig rig;
  Talkative much(8 << 20);
  rig.node = &much;
  EXPECT_EQ(rig.run({"--request", "id-1"}), kExitOk) << rig.err.text();
  Talkative too_much(32 << 20);
  rig.node = &too_much;
  EXPECT_EQ(rig.run({"--request", "id-1"}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("the node answers with more than 16 MiB"));
}

TEST(Logs, PassesOnJsonOnly) {
  Rig rig;
  rig.answer("/api/requests/id-1", 200, R"({"request":null,"phases":[],"log":[],"trap":null})");
  EXPECT_EQ(rig.run({"--request", "id-1", "--json"}), kExitOk) << rig.err.text();
  EXPECT_EQ(rig.out.text(), R"({"request":null,"phases":[],"log":[],"trap":null})");
  rig.answer("/api/requests/id-2", 200, "\x1b[2J{}");
  EXPECT_EQ(rig.run({"--request", "id-2", "--json"}), kExitFailed);
  EXPECT_THAT(rig.out.text(), testing::Not(HasSubstr("\x1b")));
}

TEST(Logs, AsksForAllThatCameSinceANodeBrokeOff) {
  Rig rig;
  BrokenOff node;
  rig.node = &node;
  EXPECT_EQ(rig.run({"--follow", "--lines", "7"}), kExitFailed);
  EXPECT_EQ(node.urls, (std::vector<std::string>{"http://127.0.0.1:7070/api/logs?errors=0&follow=1&limit=7",
                                                 "http://127.0.0.1:7070/api/logs?errors=0&follow=1&limit=5000"}));
}

TEST(Logs, ShowsEachLineOnceWhenANodeIsFollowedAgain) {
  Rig rig;
  const std::string later = said("12:00:01.000", "later");
  const std::string same_time = said("12:00:01.000", "same time");
  const std::string early = said("12:00:00.500", "early");
  const std::string late = said("12:00:00.700", "of a loop that was slow to tell");
  const std::string new_one = said("12:00:02.000", "new");
  const std::string first = said("12:00:00.400", "first");
  const std::string lost = "{\"type\":\"lost\",\"requests\":0,\"lines\":3}\n";
  Script node({first + later + early + lost,
               said("12:00:00.000", "before") + first + early + late + later + same_time + lost + new_one});
  rig.node = &node;
  EXPECT_EQ(rig.run({"--follow", "--json"}), kExitFailed);
  EXPECT_THAT(rig.out.text(),
              testing::StartsWith(first + later + early + lost + late + same_time + lost + new_one + R"({"ok":false)"));
  EXPECT_THAT(rig.err.text(), testing::Not(HasSubstr("are missing")));
}

TEST(Logs, TellsThatMoreHappenedThanANodeGivesAtOnce) {
  std::string many;
  for (int i = 0; i < 5000; i++) many += said("12:00:02.000", std::to_string(i));
  const std::string seen = said("12:00:01.000", "seen");
  for (const bool gap : {true, false}) {
    Rig rig;
    Script node({seen, gap ? many : seen + many});
    rig.node = &node;
    EXPECT_EQ(rig.run({"--follow", "--json"}), kExitFailed);
    EXPECT_TRUE(rig.out.text().starts_with(seen + many + R"({"ok":false)"));
    EXPECT_EQ(rig.err.text().contains("lines are missing"), gap) << rig.err.text();
  }
}

TEST(Logs, SaysWhatToDoWhenThereIsNoNode) {
  Rig rig;
  EXPECT_EQ(rig.run({}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("no node answers at http://127.0.0.1:7070"));
  EXPECT_THAT(rig.err.text(), HasSubstr("--admin URL"));
  EXPECT_EQ(rig.run({"--follow"}), kExitFailed) << "at once: it has never answered";
}

TEST(Logs, SaysWhatToDoWhenTheTokenIsMissing) {
  Rig rig;
  rig.answer("/api/logs?errors=0", 401, "");
  EXPECT_EQ(rig.run({}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("PEKO_ADMIN_TOKEN"));
}

TEST(Logs, KnowsASlip) {
  Rig rig;
  rig.has_functions();
  EXPECT_EQ(rig.run({"apu"}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("has no function \"apu\"; did you mean api?"));
}

TEST(Logs, RefusesWhatDoesNotFitTogether) {
  struct Row {
    std::vector<std::string> arguments;
    std::string_view why;
  };
  const Row rows[] = {
      {{"--since", "soon"}, "write 30s, 5m, 2h or 1d"},
      {{"--request", "id", "--follow"}, "goes with no other choice"},
      {{"--request", "a/b"}, "not the id of a request"},
      {{"a&b"}, "not the name of a function"},
      {{"--admin", "ftp://x"}, "not the URL of an admin listener"},
      {{"--lines", "0"}, "--lines"},
      {{"--follows"}, "did you mean --follow?"},
  };
  for (const Row& row : rows) {
    Rig rig;
    EXPECT_EQ(rig.run(row.arguments), kExitUsage) << row.why;
    EXPECT_THAT(rig.err.text(), HasSubstr(std::string(row.why)));
  }
}

TEST(Logs, SaysSoWhenItIsNotANode) {
  Rig rig;
  rig.answer("/api/logs?errors=0", 200, "<html>\n");
  EXPECT_EQ(rig.run({}), kExitFailed);
  EXPECT_THAT(rig.err.text(), HasSubstr("is this an admin listener of Peko?"));
}

}  // namespace
}  // namespace peko::cli

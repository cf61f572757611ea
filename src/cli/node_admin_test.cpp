#include "cli/node_admin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

namespace peko::cli {
namespace {

using testing::HasSubstr;
using Is = NodeState::Is;

constexpr Patience kShort{.timeout = std::chrono::milliseconds(50), .pause = std::chrono::milliseconds(1)};

/// Answers by URL; counts what is asked.
class FakeNodes final : public cloud::HttpTransport {
 public:
  Result<cloud::HttpResponse> send(const cloud::HttpRequest& request, const cloud::BodyWriter&) override {
    const std::scoped_lock lock(mutex_);
    requests.push_back(request);
    const int asked = ++asked_[request.url];
    return answer(request, asked);
  }

  std::function<Result<cloud::HttpResponse>(const cloud::HttpRequest& request, int times)> answer;
  std::vector<cloud::HttpRequest> requests;

 private:
  std::mutex mutex_;
  std::map<std::string, int> asked_;
};

cloud::HttpResponse with(unsigned status, std::string body = "") {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

std::string functions(std::string_view entry) { return std::string("{\"functions\":[").append(entry).append("]}"); }

const Awaited kRevision7{.function = "api", .revision = 7};
const Awaited kGone{.function = "api", .revision = std::nullopt};

TEST(AdminUrl, IsMadeWhole) {
  EXPECT_EQ(admin_url("127.0.0.1:7070"), "http://127.0.0.1:7070");
  EXPECT_EQ(admin_url("https://node.example:7070/"), "https://node.example:7070");
  for (const std::string_view bad : {"", "http://", "ftp://a", "http://a/api", "http://user:pw@a", "a b"}) {
    EXPECT_EQ(admin_url(bad).error().code, Code::Invalid) << bad;
  }
}

TEST(NodeState, IsReachedFromTheRevisionOn) {
  struct Row {
    std::string_view entry;
    Is is;
    std::string_view why;
  };
  const Row rows[] = {
      {R"({"name":"api","state":"loaded","revision":7})", Is::Reached, ""},
      {R"({"name":"api","state":"loaded","revision":8})", Is::Reached, ""},
      {R"({"name":"api","state":"loaded","revision":6})", Is::NotYet, "it has revision 6, not 7"},
      {R"({"name":"api","state":"not-loaded"})", Is::Reached, ""},
      {R"({"name":"api","state":"failed","revision":7,"error":"no such import"})", Is::Failed, "no such import"},
      {R"({"name":"api","state":"failed","revision":6,"error":"old"})", Is::Failed, "old"},
      {R"({"name":"api","state":"loaded","revision":6,"error":"no such import"})", Is::Failed,
       "goes on with revision 6"},
      {R"({"name":"api","state":"loaded","revision":7,"error":"a canary"})", Is::Reached, ""},
      {R"({"name":"other","state":"loaded","revision":9})", Is::NotYet, "does not know the function"},
      {R"({"name":"api","state":5,"revision":"x"})", Is::NotYet, "revision 0"},
      {"5", Is::NotYet, ""},
  };
  for (const Row& row : rows) {
    const NodeState state = judge_functions(functions(row.entry), kRevision7);
    EXPECT_EQ(state.is, row.is) << row.entry;
    EXPECT_THAT(state.why, HasSubstr(std::string(row.why)));
  }
  EXPECT_EQ(judge_functions("<html>", kRevision7).is, Is::NotYet);
  EXPECT_EQ(judge_functions("{}", kRevision7).is, Is::NotYet);
}

TEST(NodeState, OfARemovedFunctionIsReachedWhenItIsGone) {
  EXPECT_EQ(judge_functions(functions(""), kGone).is, Is::Reached);
  EXPECT_EQ(judge_functions(functions(R"({"name":"api","state":"loaded","revision":9})"), kGone).is, Is::NotYet);
}

TEST(AwaitNodes, AsksUntilAllHaveIt) {
  FakeNodes nodes;
  nodes.answer = [](const cloud::HttpRequest& request, int times) -> Result<cloud::HttpResponse> {
    if (request.method == "POST") return with(times == 1 ? 202 : 200);
    return with(200, functions(times < 3 ? R"({"name":"api","state":"loaded","revision":6})"
                                         : R"({"name":"api","state":"loaded","revision":7})"));
  };
  const std::vector<std::string> urls = {"http://a:1", "http://b:2"};
  const auto confirmations = await_nodes(nodes, urls, "token", kRevision7, {.pause = std::chrono::milliseconds(1)});
  ASSERT_EQ(confirmations.size(), 2U);
  EXPECT_EQ(confirmations[1].url, "http://b:2");
  EXPECT_EQ(confirmations[0].problem + confirmations[1].problem, "");
  for (const cloud::HttpRequest& request : nodes.requests) {
    EXPECT_THAT(request.headers, testing::Contains(testing::Pair("authorization", "Bearer token")));
  }
}

TEST(AwaitNodes, SaysWhichDidNotConfirmAndWhy) {
  FakeNodes nodes;
  nodes.answer = [](const cloud::HttpRequest& request, int) -> Result<cloud::HttpResponse> {
    if (request.url.starts_with("http://down")) return fail(Code::Unavailable, "connection refused");
    if (request.url.starts_with("http://closed")) return with(401);
    if (request.url.starts_with("http://other")) return with(404);
    if (request.method == "POST") return with(200);
    return with(200, functions(R"({"name":"api","state":"loaded","revision":1})"));
  };
  const std::vector<std::string> urls = {"http://down", "http://closed", "http://other", "http://old"};
  const auto confirmations = await_nodes(nodes, urls, "", kRevision7, kShort);
  EXPECT_THAT(confirmations[0].problem, HasSubstr("connection refused"));
  EXPECT_THAT(confirmations[1].problem, HasSubstr("PEKO_ADMIN_TOKEN"));
  EXPECT_THAT(confirmations[2].problem, HasSubstr("/api/refresh"));
  EXPECT_THAT(confirmations[3].problem, HasSubstr("it has revision 1, not 7"));
  const auto asked = std::ranges::count_if(
      nodes.requests, [](const cloud::HttpRequest& request) { return request.url.starts_with("http://closed"); });
  EXPECT_EQ(asked, 1) << "what will not change is not asked again";
}

}  // namespace
}  // namespace peko::cli

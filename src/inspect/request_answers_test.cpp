#include "inspect/request_answers.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

namespace peko::inspect {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOne = "019e5b1c-7a2f-7c31-9d3a-000000000001";
constexpr std::string_view kTwo = "019e5b1c-7a2f-7c31-9d3a-000000000002";
constexpr std::string_view kThree = "019e5b1c-7a2f-7c31-9d3a-000000000003";

edge::RequestCopy request(std::string_view id, std::string_view target = "/") {
  edge::RequestCopy copy{.kept = {}, .function = "api", .detail = {}};
  copy.kept.set({.request_id = id,
                 .method = "GET",
                 .target = target,
                 .status = 200,
                 .queue = milliseconds(2),
                 .wall = milliseconds(10),
                 .instantiate = milliseconds(3)},
                nullptr, {});
  return copy;
}

TEST(RequestFilter, IsReadFromAQuery) {
  const edge::RequestFilter all = request_filter("").value();
  EXPECT_EQ(all.limit, 100U);
  EXPECT_FALSE(all.failures_only);
  const edge::RequestFilter some =
      request_filter("function=api&status=5xx&code=PEKO-CPU&errors=1&before=x&limit=3").value();
  EXPECT_EQ(some.function, "api");
  EXPECT_EQ(some.status_low, 500U);
  EXPECT_EQ(some.status_high, 599U);
  EXPECT_EQ(some.code, "PEKO-CPU");
  EXPECT_TRUE(some.failures_only);
  EXPECT_EQ(some.before, "x");
  EXPECT_EQ(some.limit, 3U);
  EXPECT_EQ(request_filter("status=404").value().status_low, 404U);
  EXPECT_EQ(request_filter("status=404").value().status_high, 404U);
  for (const std::string_view bad : {"status=x", "status=xxx", "status=55x", "status=-1", "status=1000", "limit=0",
                                     "limit=1001", "function=%0", "errors=2", "follow=1"}) {
    EXPECT_FALSE(request_filter(bad).has_value()) << bad;
  }
}

TEST(RequestList, MergesTheLoopsNewestFirst) {
  const Reply reply = request_list({{request(kThree), request(kOne)}, {request(kTwo)}}, {.limit = 100});
  const boost::json::value list = boost::json::parse(reply.body);
  const boost::json::array& requests = list.at("requests").as_array();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].at("id").as_string(), kThree);
  EXPECT_EQ(requests[1].at("id").as_string(), kTwo);
  EXPECT_EQ(requests[2].at("id").as_string(), kOne);
  EXPECT_EQ(requests[2].at("function"), "api");
  EXPECT_FALSE(list.as_object().contains("next"));
  EXPECT_EQ(request_list({}, {}).body, "{\"requests\":[]}\n");
}

TEST(RequestList, SaysWhereToGoOn) {
  const Reply reply = request_list({{request(kThree)}, {request(kTwo), request(kOne)}}, {.limit = 2});
  const boost::json::value list = boost::json::parse(reply.body);
  EXPECT_EQ(list.at("requests").as_array().size(), 2U);
  EXPECT_EQ(list.at("next").as_string(), kTwo);
}

TEST(RequestPage, ShowsPhasesLogAndTrap) {
  RequestParts part{.request = request(kOne), .lines = {}};
  part.lines.push_back({.function = "api",
                        .request_id = std::string(kOne),
                        .time = {},
                        .line = {engine::Stream::Stderr, "</script><b>\x1b\xff"}});
  const KeptTrap trap{.report = {.function = "api",
                                 .request_id = std::string(kOne),
                                 .code = "PEKO-TRAP",
                                 .cause = "why",
                                 .frames = {"take at a.rs:1"}},
                      .time = {}};
  const Reply reply = request_page({RequestParts{}, part}, trap, kOne);
  EXPECT_EQ(reply.status, 200U);
  const boost::json::value page = boost::json::parse(reply.body);
  EXPECT_EQ(page.at("request").at("id").as_string(), kOne);
  EXPECT_EQ(boost::json::serialize(page.at("phases")),
            R"([{"name":"queue","ms":2},{"name":"instantiate","ms":3},{"name":"handler","ms":5}])");
  EXPECT_EQ(page.at("log").at(0).at("msg"), "</script><b>\x1b\xef\xbf\xbd");
  EXPECT_EQ(page.at("trap").at("backtrace").at(0), "take at a.rs:1");
}

TEST(RequestPage, KnowsWhatIsNotOverAndWhatIsUnknown) {
  RequestParts printed;
  printed.lines.push_back(
      {.function = "api", .request_id = std::string(kOne), .time = {}, .line = {engine::Stream::Stdout, "a"}});
  const boost::json::value page = boost::json::parse(request_page({printed}, std::nullopt, kOne).body);
  EXPECT_TRUE(page.at("request").is_null());
  EXPECT_TRUE(page.at("trap").is_null());
  EXPECT_EQ(page.at("log").as_array().size(), 1U);
  const Reply unknown = request_page({RequestParts{}}, std::nullopt, "x\"y");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_TRUE(boost::json::parse(unknown.body).at("error").is_string());
}

}  // namespace
}  // namespace peko::inspect

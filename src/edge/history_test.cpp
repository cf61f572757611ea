#include "edge/history.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peko::edge {
namespace {

using std::chrono::seconds;
using Time = std::chrono::system_clock::time_point;

constexpr History::Size kSize{.requests = 8, .failures = 4, .log_bytes = 64 << 10};

std::string id_of(int number) { return fmt::format("019e5b1c-7a2f-7c31-9d3a-{:012}", number); }

struct Rig {
  explicit Rig(const History::Size& size = kSize) : history(size) {}

  void request(int number, unsigned status, const std::string* function, std::string_view target = "/") {
    const std::string id = id_of(number);
    history.add({.request_id = id, .method = "GET", .target = target, .status = status}, function,
                Time(seconds(number)));
  }
  void fault(int number, Fault fault, const std::string* function, std::string_view detail) {
    const std::string id = id_of(number);
    history.add({.request_id = id, .status = info(fault).status, .fault = &info(fault), .detail = detail}, function,
                Time(seconds(number)));
  }
  void print(int number, std::string_view function, std::string text) {
    std::vector<engine::GuestLine> lines;
    lines.push_back({engine::Stream::Stdout, std::move(text)});
    history.add(function, id_of(number), std::move(lines), Time(seconds(number)));
  }
  static std::vector<std::string> ids(const std::vector<RequestCopy>& requests) {
    std::vector<std::string> all;
    for (const RequestCopy& one : requests) all.emplace_back(one.kept.id.view());
    return all;
  }

  const std::string api = "api";
  const std::string site = "site";
  History history;
};

TEST(History, KeepsARequestAsItWasLogged) {
  Rig rig;
  const RequestRecord record{.request_id = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10",
                             .version = 12,
                             .versions = RequestRecord::Versions::Several,
                             .method = "POST",
                             .target = "/todos?x=1",
                             .status = 201,
                             .aborted = false,
                             .client_gone = true,
                             .cold = pool::ColdReason::ScaleOut,
                             .retried = true,
                             .fetch = seconds(1),
                             .load = seconds(2),
                             .queue = seconds(3),
                             .wall = seconds(10),
                             .cpu = seconds(4),
                             .instantiate = seconds(5),
                             .memory_peak_bytes = 6,
                             .bytes_in = 7,
                             .bytes_out = 8,
                             .subrequests = 9,
                             .log_cut = true,
                             .asset = true};
  rig.history.add(record, &rig.api, Time(seconds(77)));
  const std::optional<RequestCopy> copy = rig.history.request(record.request_id);
  ASSERT_TRUE(copy);
  const RequestRecord again = copy->record();
  EXPECT_EQ(again.function, "api");
  EXPECT_EQ(copy->kept.ended, Time(seconds(77)));
  RequestRecord named = record;
  named.function = "api";
  std::string expected;
  std::string found;
  append_request(expected, named, {.form = LogStyle::Form::Json}, {});
  append_request(found, again, {.form = LogStyle::Form::Json}, {});
  EXPECT_EQ(found, expected);
  EXPECT_EQ(again.instantiate, record.instantiate);
  EXPECT_TRUE(again.log_cut);
  EXPECT_TRUE(again.asset);
  EXPECT_EQ(again.versions, RequestRecord::Versions::Several);
}

TEST(History, CutsWhatIsLong) {
  Rig rig;
  rig.history.add({.request_id = id_of(1),
                   .method = std::string(100, 'M'),
                   .target = "/" + std::string(500, 'x'),
                   .status = 404,
                   .fault = &info(Fault::NoFunction),
                   .detail = std::string(500, 'd')},
                  nullptr, {});
  const RequestCopy copy = rig.history.request(id_of(1)).value();
  EXPECT_EQ(copy.record().method, std::string(KeptRequest::kMethodBytesMax, 'M'));
  EXPECT_EQ(copy.record().target.size(), KeptRequest::kTargetBytesMax);
  EXPECT_TRUE(copy.record().target.ends_with("x..."));
  EXPECT_EQ(copy.record().function, "");
  EXPECT_FALSE(copy.record().detail.empty());
  rig.fault(2, Fault::Trap, &rig.api, std::string(10'000, 'd'));
  EXPECT_EQ(rig.history.request(id_of(2))->record().detail.size(), History::kDetailBytesMax);
}

TEST(History, SuccessesDoNotPushOutFailures) {
  Rig rig;
  rig.fault(1, Fault::Trap, &rig.api, "why");
  for (int i = 2; i < 100; i++) rig.request(i, 200, &rig.api);
  EXPECT_EQ(Rig::ids(rig.history.requests({.failures_only = true})), std::vector{id_of(1)});
  EXPECT_EQ(rig.history.requests({.code = "PEKO-TRAP"}).front().record().detail, "why");
  EXPECT_EQ(rig.history.requests({}).size(), 9U);
  EXPECT_FALSE(rig.history.request(id_of(2))) << "the oldest went";
}

TEST(History, AClientsFaultIsNoFailure) {
  EXPECT_FALSE(is_failure({.status = 404, .fault = &info(Fault::NoFunction)}));
  EXPECT_FALSE(is_failure({.status = 200}));
  EXPECT_FALSE(is_failure({.status = 0, .client_gone = true}));
  EXPECT_TRUE(is_failure({.status = 500}));
  EXPECT_TRUE(is_failure({.status = 200, .aborted = true}));
  EXPECT_TRUE(is_failure({.status = 200, .fault = &info(Fault::Subrequests)}));
}

TEST(History, GivesTheNewestThatAreWanted) {
  Rig rig;
  rig.request(1, 200, &rig.api);
  rig.request(2, 404, &rig.api);
  rig.request(3, 200, &rig.site);
  rig.fault(4, Fault::Cpu, &rig.api, "");
  rig.request(5, 200, &rig.api);
  EXPECT_EQ(Rig::ids(rig.history.requests({.limit = 2})), (std::vector{id_of(5), id_of(4)}));
  EXPECT_EQ(Rig::ids(rig.history.requests({.before = id_of(4), .limit = 2})), (std::vector{id_of(3), id_of(2)}));
  EXPECT_EQ(Rig::ids(rig.history.requests({.function = "site"})), std::vector{id_of(3)});
  EXPECT_EQ(Rig::ids(rig.history.requests({.status_low = 400, .status_high = 499})), std::vector{id_of(2)});
  EXPECT_EQ(Rig::ids(rig.history.requests({.since = Time(seconds(4))})), (std::vector{id_of(5), id_of(4)}));
}

TEST(History, GivesTheLinesOfARequest) {
  Rig rig;
  rig.print(1, "api", "one");
  rig.print(2, "api", "two");
  rig.print(1, "api", "three");
  const std::vector<LineCopy> lines = rig.history.lines_of(id_of(1));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].line.text, "one");
  EXPECT_EQ(lines[1].line.text, "three");
  EXPECT_EQ(lines[1].function, "api");
  EXPECT_EQ(lines[1].request_id, id_of(1));
}

TEST(History, IsReadOnFromWhereSomebodyHasBeen) {
  Rig rig;
  rig.request(1, 200, &rig.api);
  rig.print(1, "api", "before");
  HistoryPosition at = rig.history.newest({}).next;
  EXPECT_TRUE(rig.history.after(at, {}, 100).requests.empty());
  rig.print(2, "api", "printed");
  rig.print(2, "site", "by another");
  rig.request(2, 200, &rig.api);
  rig.fault(3, Fault::Trap, &rig.api, "");
  const HistoryEvents events = rig.history.after(at, {}, 100);
  EXPECT_EQ(Rig::ids(events.requests), (std::vector{id_of(2), id_of(3)}));
  ASSERT_EQ(events.lines.size(), 2U);
  EXPECT_EQ(events.lines[0].line.text, "printed");
  EXPECT_EQ(events.lost_lines + events.lost_requests, 0U);
  EXPECT_TRUE(rig.history.after(events.next, {}, 100).lines.empty());

  const RequestFilter site{.function = "site"};
  at = {};
  EXPECT_EQ(rig.history.after(at, site, 100).lines.size(), 1U);
}

TEST(History, SaysHowMuchWasLost) {
  Rig rig;
  const HistoryPosition begin = rig.history.newest({}).next;
  for (int i = 0; i < 20; i++) rig.request(i, 200, &rig.api);
  for (int i = 0; i < 20'000; i++) rig.print(i, "api", "line");
  const HistoryEvents events = rig.history.after(begin, {}, 100'000);
  EXPECT_EQ(events.requests.size(), 8U);
  EXPECT_EQ(events.lost_requests, 12U);
  EXPECT_EQ(events.lost_lines + events.lines.size(), 20'000U);
  const HistoryEvents own = rig.history.after(begin, {.function = "api"}, 100'000);
  EXPECT_EQ(own.lost_lines + own.lines.size(), 20'000U);
}

TEST(History, IsReadInPieces) {
  Rig rig({.requests = 100, .failures = 10, .log_bytes = 1 << 20});
  for (int i = 0; i < 50; i++) rig.request(i, 200, &rig.api);
  for (int i = 0; i < 50; i++) rig.print(i, "api", std::to_string(i));
  HistoryPosition at;
  std::vector<std::string> lines;
  std::vector<std::string> requests;
  for (int i = 0; i < 8; i++) {
    const HistoryEvents events = rig.history.after(at, {}, 7);
    for (const LineCopy& line : events.lines) lines.push_back(line.line.text);
    for (const std::string& id : Rig::ids(events.requests)) requests.push_back(id);
    EXPECT_EQ(events.lost_lines + events.lost_requests, 0U);
    at = events.next;
  }
  ASSERT_EQ(lines.size(), 50U);
  ASSERT_EQ(requests.size(), 50U);
  for (int i = 0; i < 50; i++) {
    EXPECT_EQ(lines[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_EQ(requests[static_cast<std::size_t>(i)], id_of(i));
  }
}

TEST(History, OfNoSizeKeepsNothing) {
  Rig rig(History::Size{});
  rig.request(1, 200, &rig.api);
  rig.fault(2, Fault::Trap, &rig.api, "");
  rig.print(3, "api", "line");
  EXPECT_EQ(rig.history.changes(), 0U);
  EXPECT_TRUE(rig.history.requests({}).empty());
}

}  // namespace
}  // namespace peko::edge

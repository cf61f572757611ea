// Requests of real guests, answered by a client of the test's making.
#include "engine/outbound.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "engine/call_fixture.hpp"
#include "http/fake_http_client.hpp"

namespace peko::engine {
namespace {

using http::FakeClientCall;
using FakeCall = std::shared_ptr<FakeClientCall>;

class OutboundTest : public CallFixture {
 public:
  void SetUp() override {
    CallFixture::SetUp();
    changed_ = std::make_unique<net::Event>(*loop_);
    client_ = std::make_unique<http::FakeHttpClient>(*changed_);
    worker_->use_client(client_.get());
    allow(100);
  }
  void TearDown() override {
    worker_->use_client(nullptr);
    client_.reset();
    changed_.reset();
    CallFixture::TearDown();
  }

  void allow(std::uint32_t at_once) {
    grant_ = std::make_shared<OutboundGrant>("f",
                                             std::vector{OriginPattern::parse("http://api.example").value(),
                                                         OriginPattern::parse("http://api.example:8080").value()},
                                             at_once);
  }
  Exchange to(std::string target) {
    Exchange exchange;
    exchange.target = std::move(target);
    exchange.outbound = grant_.get();
    return exchange;
  }

  // What the origin does: coroutines that run beside the calls.

  net::Task<FakeCall> request(std::size_t number) {
    while (client_->calls.size() <= number) co_await changed_->wait();
    co_return client_->calls[number];
  }
  net::Task<void> whole_request(FakeClientCall& call) {
    while (!call.finished) co_await changed_->wait();
  }
  static void progress(FakeClientCall& call) {
    if (call.progress != nullptr) call.progress->set();
  }
  static void respond(FakeClientCall& call, unsigned status, std::string body) {
    call.status = status;
    call.body = std::move(body);
    call.body_state = http::BodyState::Complete;
    progress(call);
  }
  static void fail(FakeClientCall& call, http::ClientFault fault) {
    call.fault = fault;
    call.body_state = http::BodyState::Failed;
    progress(call);
  }
  net::Task<void> answer_all(std::size_t count) {
    for (std::size_t i = 0; i < count; i++) {
      const FakeCall call = co_await request(i);
      respond(*call, 200, "x");
    }
  }
  net::Task<void> turns(int count) {
    net::Event turn(*loop_);
    for (int i = 0; i < count; i++) {
      turn.set();
      co_await turn.wait();
    }
  }

  std::unique_ptr<net::Event> changed_;
  std::unique_ptr<http::FakeHttpClient> client_;
  std::shared_ptr<OutboundGrant> grant_;
};

std::string value_of(const FakeClientCall& call, std::string_view name) {
  const auto found = std::ranges::find(call.fields, name, [](const auto& field) { return field.first; });
  return found == call.fields.end() ? "" : found->second;
}

TEST_F(OutboundTest, AsksWhatTheGuestAsksAndPassesTheAnswerOn) {
  Exchange fetch = to("/api.example:8080/data?x=1");
  run({{"fetch", &fetch}}, answer_all(1));
  ASSERT_EQ(client_->calls.size(), 1U);
  const FakeClientCall& call = *client_->calls[0];
  EXPECT_EQ(call.partition, "f");
  EXPECT_EQ(call.scheme, http::Scheme::Http);
  EXPECT_EQ(call.host, "api.example");
  EXPECT_EQ(call.port, 8080);
  EXPECT_EQ(call.authority, "api.example:8080");
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.target, "/data?x=1");
  EXPECT_EQ(call.body_length, 0U);
  EXPECT_EQ(value_of(call, "host"), "") << "the client's business";
  EXPECT_EQ(fetch.status, 200U);
  EXPECT_EQ(fetch.body, "x");
  EXPECT_EQ(fetch.usage.outcome, Outcome::Ok) << fetch.usage.message;
  EXPECT_TRUE(fetch.kept.has_value());
  EXPECT_TRUE(call.dropped);
}

TEST_F(OutboundTest, StreamsBothWaysWithTrailers) {
  const auto origin = [](OutboundTest& test) -> net::Task<void> {
    const FakeCall call = co_await test.request(0);
    EXPECT_EQ(call->method, "POST");
    EXPECT_EQ(call->body_length, std::nullopt) << "known when it ends";
    co_await test.whole_request(*call);
    EXPECT_EQ(call->request_trailers, (std::vector<std::pair<std::string, std::string>>{{"x-sum", "7"}}));
    call->status = 201;
    for (std::size_t at = 0; at < call->written.size(); at += 100'000) {
      call->body += call->written.substr(at, 100'000);
      progress(*call);
      while (!call->body.empty()) co_await test.changed_->wait();
    }
    call->trailers = {{"x-checksum", "abc"}};
    call->body_state = http::BodyState::Complete;
    progress(*call);
  };
  for (const bool hands_over : {false, true}) {
    Exchange relay = to("/api.example/up");
    relay.request_body = std::string(700'000, 'u') + "end";
    relay.request_trailers = {{"x-sum", "7"}};
    client_->calls.clear();
    client_->hands_over = hands_over;
    run({{"relay", &relay}}, origin(*this));
    EXPECT_EQ(client_->calls[0]->handed_over, hands_over ? 8 : 0);
    EXPECT_EQ(relay.status, 201U);
    EXPECT_TRUE(relay.body == relay.request_body) << relay.body.size();
    EXPECT_EQ(relay.trailers, std::vector<std::string>{"x-checksum: abc"});
  }
}

TEST_F(OutboundTest, WritesNothingBeforeTheClientHasRoom) {
  Exchange relay = to("/api.example/up");
  relay.request_body = std::string(300'000, 'u');
  client_->writable = false;
  const auto origin = [](OutboundTest& test) -> net::Task<void> {
    const FakeCall call = co_await test.request(0);
    co_await test.turns(100);
    EXPECT_EQ(call->written, "");
    EXPECT_FALSE(call->finished);
    call->writable = true;
    progress(*call);
    co_await test.whole_request(*call);
    EXPECT_EQ(call->written.size(), 300'000U);
    respond(*call, 200, "");
  };
  run({{"relay", &relay}}, origin(*this));
  EXPECT_EQ(relay.status, 200U);
}

TEST_F(OutboundTest, BoundsWhatWaitsForTheGuest) {
  constexpr std::size_t kSize = 8U << 20;
  Exchange fetch = to("/api.example/big");
  fetch.reading = false;  // so the guest can get no further, and takes no more
  const auto origin = [](OutboundTest& test, Exchange& exchange) -> net::Task<void> {
    const FakeCall call = co_await test.request(0);
    respond(*call, 200, std::string(kSize, 'd'));
    for (std::size_t before = 1; before != call->consumed;) {
      before = call->consumed;
      co_await test.turns(200);
    }
    EXPECT_GT(call->consumed, 0U);
    EXPECT_LT(call->consumed, kSize / 2) << "what waits in guest and bridge is bounded";
    exchange.reading = true;
    exchange.progress->set();
  };
  run({{"fetch", &fetch}}, origin(*this, fetch));
  EXPECT_EQ(fetch.body.size(), kSize);
}

TEST_F(OutboundTest, RefusesWhatIsNotAllowed) {
  struct Row {
    std::string target;
    std::string error;
    std::string why;
  };
  const Row rows[] = {
      {"/other.example/", "15",
       "[outbound request refused: http://other.example is not allowed; add \"http://other.example\" to `allow` in "
       "[http] of peko.toml]"},
      {"/api.example:81/", "15", ""},
      {"/xapi.example/", "15", ""},
      {"/127.0.0.1/", "15", ""},
      {"/127.1/", "19", ""},
      {"/2130706433/", "19", ""},
      {"/user@api.example/", "19", ""},
      {"/api.example./", "19", ""},
      {"/api.example:080/", "19", ""},
  };
  for (const Row& row : rows) {
    Exchange fetch = to(row.target);
    run({{"fetch", &fetch}});
    EXPECT_EQ(fetch.status, 502U) << row.target;
    EXPECT_EQ(fetch.body, "error-code " + row.error + "\n") << row.target;
    if (row.why.empty()) continue;
    ASSERT_EQ(fetch.log.size(), 1U) << row.target;
    EXPECT_EQ(fetch.log[0].text, row.why);
  }
  EXPECT_TRUE(client_->calls.empty());
}

TEST_F(OutboundTest, RefusesEverythingWithoutAGrantOrAClient) {
  Exchange fetch = to("/api.example/");
  fetch.outbound = nullptr;
  run({{"fetch", &fetch}});
  EXPECT_EQ(fetch.body, "error-code 15\n");
  worker_->use_client(nullptr);
  Exchange again = to("/api.example/");
  run({{"fetch", &again}});
  EXPECT_EQ(again.body, "error-code 15\n");
}

TEST_F(OutboundTest, CountsTheRequestsOfACall) {
  Exchange many = to("/3/api.example/");
  many.limits.subrequests = 2;
  run({{"fetch-many", &many}}, answer_all(2));
  EXPECT_EQ(many.body, "ok 2, failed 1, error-code 11\n");
  EXPECT_EQ(many.usage.subrequests, 3U) << "the refused one is counted";
}

TEST_F(OutboundTest, BoundsTheRequestsInFlightOfAFunction) {
  allow(2);
  Exchange many = to("/3/api.example/");
  run({{"fetch-many", &many}}, answer_all(2));
  EXPECT_EQ(many.body, "ok 2, failed 1, error-code 11\n");
  ASSERT_EQ(many.log.size(), 1U);
  EXPECT_NE(many.log[0].text.find("subrequests_at_once"), std::string::npos) << many.log[0].text;
  EXPECT_TRUE(grant_->try_enter()) << "those that are over have left";
  EXPECT_TRUE(grant_->try_enter());
}

TEST_F(OutboundTest, ServesAGuestOnAnOverflowThread) {
  constexpr std::size_t kMany = 1000;
  allow(kMany);
  Exchange many = to("/1000/api.example/busy");
  many.limits.subrequests = kMany;
  run({{"fetch-many", &many}}, answer_all(kMany));
  EXPECT_EQ(many.body, "ok 1000, failed 0, error-code 99\n");
  EXPECT_TRUE(many.was_away);
}

TEST_F(OutboundTest, TellsTheGuestWhatWentWrong) {
  using enum http::ClientFault;
  const std::pair<http::ClientFault, int> rows[] = {
      {DnsTimeout, 0},
      {DnsError, 1},
      {DestinationNotFound, 2},
      {DestinationUnavailable, 3},
      {DestinationIpProhibited, 4},
      {DestinationIpUnroutable, 5},
      {ConnectionRefused, 6},
      {ConnectionTerminated, 7},
      {ConnectionTimeout, 8},
      {ConnectionReadTimeout, 9},
      {ConnectionWriteTimeout, 10},
      {ConnectionLimitReached, 11},
      {TlsProtocolError, 12},
      {TlsCertificateError, 13},
      {TlsAlertReceived, 14},
      {HttpRequestDenied, 15},
      {HttpResponseIncomplete, 25},
      {HttpResponseHeaderSectionSize, 26},
      {HttpResponseBodySize, 28},
      {HttpResponseTimeout, 33},
      {HttpProtocolError, 35},
      {InternalError, 38},
  };
  const auto origin = [](OutboundTest& test, http::ClientFault fault, std::size_t number) -> net::Task<void> {
    const FakeCall call = co_await test.request(number);
    fail(*call, fault);
  };
  for (const auto& [fault, code] : rows) {
    Exchange fetch = to("/api.example/");
    run({{"fetch", &fetch}}, origin(*this, fault, client_->calls.size()));
    EXPECT_EQ(fetch.body, "error-code " + std::to_string(code) + "\n");
    EXPECT_EQ(fetch.log.size(), fault == DestinationIpProhibited ? 1U : 0U) << code;
  }
}

TEST_F(OutboundTest, NeverEndsAResponseThatWasCutOff) {
  Exchange relay = to("/api.example/");
  relay.request_body = "x";
  const auto origin = [](OutboundTest& test) -> net::Task<void> {
    const FakeCall call = co_await test.request(0);
    call->status = 200;
    call->body = "123";
    fail(*call, http::ClientFault::ConnectionReadTimeout);
  };
  const auto give_up = [](OutboundTest& test, Exchange& exchange, net::Task<void> first) -> net::Task<void> {
    co_await std::move(first);
    while (exchange.body.size() < 3) co_await test.turns(1);
    co_await test.turns(100);
    EXPECT_FALSE(exchange.body_ended);
    exchange.give_up = true;
    exchange.progress->set();
  };
  run({{"relay", &relay}}, give_up(*this, relay, origin(*this)));
  EXPECT_EQ(relay.body, "123");
}

TEST_F(OutboundTest, EndsWithItsCall) {
  Exchange fetch = to("/api.example/");
  const auto origin = [](OutboundTest& test, Exchange& exchange) -> net::Task<void> {
    const FakeCall call = co_await test.request(0);
    EXPECT_FALSE(call->dropped);
    exchange.give_up = true;
    exchange.progress->set();
    while (!call->dropped) co_await test.changed_->wait();
  };
  run({{"fetch", &fetch}}, origin(*this, fetch));
  EXPECT_EQ(worker_->in_flight(), 0U);
}

TEST_F(OutboundTest, PassesTheTraceOn) {
  constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  Exchange fetch = to("/api.example/");
  fetch.fields = {{"traceparent", kParent}, {"tracestate", "a=1"}, {"x-other", "no"}};
  run({{"fetch", &fetch}}, answer_all(1));
  EXPECT_EQ(value_of(*client_->calls[0], "traceparent"), kParent);
  EXPECT_EQ(value_of(*client_->calls[0], "tracestate"), "a=1");
  EXPECT_EQ(value_of(*client_->calls[0], "x-other"), "");

  Exchange without = to("/api.example/");
  const auto origin = [](OutboundTest& test) -> net::Task<void> {
    const FakeCall call = co_await test.request(1);
    respond(*call, 200, "");
  };
  run({{"fetch", &without}}, origin(*this));
  EXPECT_EQ(value_of(*client_->calls[1], "traceparent"), "") << "that of the call before is gone";
}

}  // namespace
}  // namespace peko::engine

#include "node/admin.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <memory>
#include <string>
#include <thread>

#include "base/fake_clock.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace peko::node {
namespace {

constexpr std::string_view kToken = "0123456789abcdef";

struct Rig {
  explicit Rig(std::string token = "", const std::string& address = "127.0.0.1:0") {
    log = LogSink::start(STDERR_FILENO, {}, clock);
    admin = Admin::start(address, std::move(token), status, *log, clock);
  }
  ~Rig() {
    admin = fail(Code::NotFound, "");
    log->stop();
  }

  // The whole answer to a request on a connection of its own.
  std::string ask(std::string_view method, std::string_view target, std::string_view fields = "",
                  std::string_view host = "localhost") {
    const net::Address address = net::Address::parse((*admin)->address()).value();
    const UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), address.raw(), address.raw_size()), 0);
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nhost: ").append(host);
    text.append("\r\nconnection: close\r\n").append(fields).append("\r\n");
    EXPECT_EQ(::send(socket.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
    return answer;
  }
  unsigned status_of(std::string_view method, std::string_view target, std::string_view fields = "",
                     std::string_view host = "localhost") {
    const std::string answer = ask(method, target, fields, host);
    const std::size_t code = std::string_view("HTTP/1.1 ").size();
    unsigned number = 0;
    if (answer.size() > code) std::from_chars(&answer[code], answer.data() + answer.size(), number);
    return number;
  }

  FakeClock clock;
  std::unique_ptr<LogSink> log;
  NodeStatus status{{.version = "1.2.3"}};
  Result<std::unique_ptr<Admin>> admin = fail(Code::NotFound, "");
};

TEST(Admin, TellsHealthFromTheBeginAndReadinessLater) {
  Rig rig;
  EXPECT_EQ(rig.status_of("GET", "/healthz/live"), 200U);
  EXPECT_EQ(rig.status_of("GET", "/healthz/ready"), 503U);
  EXPECT_NE(rig.ask("GET", "/healthz/ready").find("starting"), std::string::npos);
  rig.status.ready({.version = "1.2.3"});
  EXPECT_EQ(rig.status_of("GET", "/healthz/ready"), 200U);
  rig.status.draining();
  EXPECT_EQ(rig.status_of("GET", "/healthz/ready"), 503U);
  EXPECT_EQ(rig.status_of("GET", "/healthz/live"), 200U);
}

TEST(Admin, AnswersWhatItHasAndNothingElse) {
  Rig rig;
  EXPECT_NE(rig.ask("GET", "/metrics").find("\npeko_build_info{version=\"1.2.3\""), std::string::npos);
  EXPECT_NE(rig.ask("GET", "/metrics?name=x").find("\ncontent-type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(rig.ask("GET", "/api/functions").find("{\"functions\":[],\"matching\":0,\"total\":0,"), std::string::npos);
  for (const std::string_view target :
       {"/metrics/", "/healthz", "/api", "/api/requests/", "//metrics", "/index.html"}) {
    EXPECT_EQ(rig.status_of("GET", target), 404U) << target;
  }
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(rig.status_of(method, "/metrics"), 405U) << method;
  }
  const std::string head = rig.ask("HEAD", "/metrics");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  EXPECT_EQ(rig.status_of("GET", "/" + std::string(2000, 'x')), 414U);
  EXPECT_EQ(rig.status_of("GET", "/metrics", "bad field\r\n"), 400U);
}

TEST(Admin, WithoutATokenIsAskedByAddressOnly) {
  Rig rig;
  for (const std::string_view host : {"localhost", "localhost:7070", "127.0.0.1", "127.0.0.1:7070", "[::1]:7070"}) {
    EXPECT_EQ(rig.status_of("GET", "/metrics", "", host), 200U) << host;
  }
  for (const std::string_view host : {"evil.example", "evil.example:7070", "localhost.evil.example"}) {
    EXPECT_EQ(rig.status_of("GET", "/metrics", "", host), 403U) << host;
    EXPECT_EQ(rig.status_of("GET", "/healthz/live", "", host), 200U) << "health is no secret";
  }
}

TEST(Admin, ShowsThePageWithItsPolicy) {
  Rig rig;
  const std::string page = rig.ask("GET", "/");
  EXPECT_NE(page.find("\ncontent-type: text/html; charset=utf-8\r"), std::string::npos);
  EXPECT_NE(page.find("\ncontent-security-policy: default-src 'none'; script-src 'sha256-"), std::string::npos);
  EXPECT_NE(page.find("\nx-content-type-options: nosniff\r"), std::string::npos);
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(Admin, AnswersNoPageOfAnotherSite) {
  Rig rig;
  for (const std::string_view fields :
       {"sec-fetch-site: cross-site\r\n", "sec-fetch-site: same-site\r\n", "origin: http://evil.example\r\n",
        "origin: null\r\n", "origin: http://localhost:3000\r\n"}) {
    EXPECT_EQ(rig.status_of("GET", "/api/functions", fields, "localhost:7070"), 403U) << fields;
    EXPECT_EQ(rig.status_of("POST", "/api/refresh", fields, "localhost:7070"), 403U) << fields;
  }
  for (const std::string_view fields : {"sec-fetch-site: same-origin\r\norigin: http://localhost:7070\r\n",
                                        "sec-fetch-site: none\r\n", "origin: http://localhost:7070\r\n"}) {
    EXPECT_EQ(rig.status_of("GET", "/api/functions", fields, "localhost:7070"), 200U) << fields;
  }
  constexpr std::string_view kLink = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n";
  EXPECT_EQ(rig.status_of("GET", "/", kLink), 200U) << "a link may lead to the page";
  EXPECT_EQ(rig.status_of("GET", "/api/functions", kLink), 403U);
}

TEST(Admin, SaysSoWhenAQueryIsNotUnderstood) {
  Rig rig;
  EXPECT_NE(rig.ask("GET", "/api/functions?nam=x").find("\"nam\" is not understood"), std::string::npos);
  EXPECT_EQ(rig.status_of("GET", "/api/functions?sort=age"), 400U);
  EXPECT_EQ(rig.status_of("GET", "/api/functions?limit=0"), 400U);
}

TEST(Admin, HasNoRequestsBeforeItIsReady) {
  Rig rig;
  for (const std::string_view target : {"/api/requests", "/api/requests/x", "/api/logs?follow=1", "/api/functions/x"}) {
    EXPECT_EQ(rig.status_of("GET", target), 503U) << target;
    EXPECT_EQ(rig.status_of("POST", target), 405U) << target;
  }
}

TEST(Admin, WithATokenWantsItForAllButHealthAndThePage) {
  Rig rig{std::string(kToken)};
  EXPECT_EQ(rig.status_of("GET", "/healthz/live"), 200U);
  EXPECT_EQ(rig.status_of("GET", "/"), 200U) << "it has no data";
  for (const std::string_view target : {"/metrics", "/api/functions", "/api/functions/x", "/api/requests",
                                        "/api/requests/x", "/api/logs", "/nothing"}) {
    EXPECT_EQ(rig.status_of("GET", target), 401U) << target;
  }
  EXPECT_NE(rig.ask("GET", "/metrics").find("\nwww-authenticate: Bearer\r"), std::string::npos);
  for (const std::string_view wrong :
       {"0123456789abcdef", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcdef0",
        "Basic 0123456789abcdef", "Bearer  0123456789abcdef"}) {
    EXPECT_EQ(rig.status_of("GET", "/metrics", "authorization: " + std::string(wrong) + "\r\n"), 401U) << wrong;
  }
  EXPECT_EQ(rig.status_of("GET", "/metrics", "authorization: Bearer 0123456789abcdef\r\n", "node.example"), 200U);
  EXPECT_EQ(rig.status_of("GET", "/metrics", "Authorization: bearer 0123456789abcdef\r\n"), 200U);
}

// Answers when it is told to.
class FakeRefresher final : public Refresher {
 public:
  void refresh(std::function<void(Refreshed)> done) override {
    if (answer) done(*answer);
    asked = true;
  }
  [[nodiscard]] std::vector<std::string> under_way() const override { return {"slow"}; }

  std::optional<Refreshed> answer;
  std::atomic<bool> asked = false;
};

TEST(Admin, RefreshesByPostOnly) {
  FakeRefresher refresher;
  refresher.answer = Refreshed{.error = {}, .failed = {"bad"}};
  Rig rig;
  EXPECT_EQ(rig.status_of("POST", "/api/refresh"), 503U) << "it is not ready";
  rig.status.ready({.version = "1.2.3", .refresher = &refresher});
  EXPECT_EQ(rig.status_of("GET", "/api/refresh"), 405U);
  const std::string done = rig.ask("POST", "/api/refresh");
  EXPECT_NE(done.find("HTTP/1.1 200"), std::string::npos) << done;
  EXPECT_NE(done.find(R"({"done":true,"failed":["bad"],"under_way":["slow"]})"), std::string::npos) << done;
  refresher.answer = Refreshed{.error = Error{Code::Unavailable, "it is away"}, .failed = {}};
  const std::string away = rig.ask("POST", "/api/refresh");
  EXPECT_NE(away.find("HTTP/1.1 503"), std::string::npos) << away;
  EXPECT_NE(away.find("it is away"), std::string::npos) << away;
}

TEST(Admin, RefreshesOnlyForTheOperator) {
  FakeRefresher refresher;
  refresher.answer = Refreshed{};
  Rig rig{std::string(kToken)};
  rig.status.ready({.version = "1.2.3", .refresher = &refresher});
  EXPECT_EQ(rig.status_of("POST", "/api/refresh"), 401U);
  EXPECT_EQ(rig.status_of("POST", "/api/refresh", "authorization: Bearer 0123456789abcdef\r\n"), 200U);
}

TEST(Admin, HasNothingToRefreshWithoutAStore) {
  Rig rig;
  rig.status.ready({.version = "1.2.3"});
  EXPECT_EQ(rig.status_of("POST", "/api/refresh"), 404U);
}

TEST(Admin, EndsWhileSomebodyWaitsForARefresh) {
  FakeRefresher refresher;  // never answers
  auto rig = std::make_unique<Rig>();
  rig->status.ready({.version = "1.2.3", .refresher = &refresher});
  std::thread asking([&] { EXPECT_EQ(rig->ask("POST", "/api/refresh"), ""); });
  while (!refresher.asked) std::this_thread::yield();
  rig->admin = fail(Code::NotFound, "");
  asking.join();
}

TEST(Admin, OffLoopbackDoesNotStartWithoutAToken) {
  for (const std::string address : {"0.0.0.0:0", "[::]:0", "[::ffff:10.0.0.1]:0"}) {
    const Rig rig("", address);
    ASSERT_FALSE(rig.admin.has_value()) << address;
    EXPECT_EQ(rig.admin.error().code, Code::Invalid);
    EXPECT_NE(rig.admin.error().message.find("PEKO_ADMIN_TOKEN"), std::string::npos);
  }
  EXPECT_TRUE(Rig(std::string(kToken), "0.0.0.0:0").admin.has_value());
}

TEST(Admin, SaysWhatToDoWhenItsAddressIsTaken) {
  Rig first;
  const Rig second("", (*first.admin)->address());
  ASSERT_FALSE(second.admin.has_value());
  EXPECT_NE(second.admin.error().message.find("--admin off"), std::string::npos);
}

}  // namespace
}  // namespace peko::node

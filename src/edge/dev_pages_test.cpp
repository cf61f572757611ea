#include "edge/dev_pages.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/fake_client.hpp"

namespace peko::edge {
namespace {

constexpr std::string_view kScript = "GET /.peko/live.js HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kStream = "GET /.peko/live?function=shop HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPage = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*;q=0.8\r\n";

// Pages of one loop, with its server.
class DevPagesTest : public testing::Test {
 protected:
  DevPagesTest() {
    at_.handler.on_request = [this](http::Exchange& exchange) {
      if (pages_->answer(exchange, exchange.head().target)) return;
      http::FakeHandler::answer(pages_->live(exchange, "shop"), 404, "nothing");
    };
  }
  ~DevPagesTest() override {
    pages_->end_streams();
    at_.settle();
  }

  http::Loopback at_;
  DevChannel channel_;
  std::optional<DevPages> pages_{std::in_place, *at_.loop, channel_};
};

TEST_F(DevPagesTest, TellsAPageWhatHasBecomeOfItsFunction) {
  http::FakeClient client(at_);
  client.send(kStream);
  ASSERT_TRUE(client.expect(".0\",\"problem\":null}\n\n"));
  EXPECT_NE(client.received.find("content-type: text/event-stream\r\n"), std::string::npos);
  channel_.problem("shop", {.message = "a\n\"b\"", .file = "x.ts", .line = 3, .column = 4, .excerpt = "> 3 | c"});
  ASSERT_TRUE(
      client.expect(".0\",\"problem\":{\"number\":1,\"message\":\"a\\n\\\"b\\\"\",\"file\":\"x.ts\",\"line\":3,"
                    "\"column\":4,\"excerpt\":\"> 3 | c\"}}\n\n"));
  channel_.changed("shop");
  ASSERT_TRUE(client.expect(".1\",\"problem\":null}\n\n"));
  channel_.changed("other");
  channel_.changed("shop");
  ASSERT_TRUE(client.expect(".2\",\"problem\":null}\n\n"));
  EXPECT_EQ(client.count("event: state"), 4U);
}

TEST_F(DevPagesTest, KeepsAProblemWhenOnlyStaticFilesChange) {
  http::FakeClient client(at_);
  client.send(kStream);
  ASSERT_TRUE(client.expect(".0\",\"problem\":null}\n\n"));
  channel_.problem("shop", {.message = "no"});
  ASSERT_TRUE(client.expect(".0\",\"problem\":{\"number\":1,"));
  channel_.reload("shop");
  ASSERT_TRUE(client.expect(".1\",\"problem\":{\"number\":1,"));
}

TEST_F(DevPagesTest, TellsALatePageWhatItMissed) {
  channel_.changed("shop");
  channel_.problem("shop", {.message = "no"});
  at_.settle();
  http::FakeClient client(at_);
  client.send(kStream);
  ASSERT_TRUE(client.expect(".1\",\"problem\":{"));
}

TEST_F(DevPagesTest, EndsItsStreamsWhenTheNodeStops) {
  http::FakeClient client(at_);
  client.send(kStream);
  ASSERT_TRUE(client.expect("event: state"));
  pages_->end_streams();
  ASSERT_TRUE(client.expect("\r\n0\r\n\r\n"));
  ASSERT_TRUE(client.ask(kStream, "as many pages"));
}

TEST_F(DevPagesTest, ForgetsPagesThatAreClosed) {
  for (std::size_t i = 0; i < 2 * DevPages::kStreamsMax; ++i) {
    http::FakeClient client(at_);
    client.send(kStream);
    ASSERT_TRUE(client.expect("event: state")) << i << client.received;
    client.reset_now();
    at_.settle();
  }
}

TEST_F(DevPagesTest, BoundsHowManyPagesItTells) {
  std::vector<std::unique_ptr<http::FakeClient>> clients;
  for (std::size_t i = 0; i < DevPages::kStreamsMax; ++i) {
    clients.push_back(std::make_unique<http::FakeClient>(at_));
    clients.back()->send(kStream);
    ASSERT_TRUE(clients.back()->expect("event: state"));
  }
  http::FakeClient client(at_);
  ASSERT_TRUE(client.ask(kStream, "as many pages"));
  EXPECT_NE(client.received.find("503"), std::string::npos);
}

TEST_F(DevPagesTest, StampsPagesWithTheStateThatTheirLoopKnows) {
  const auto stamp_of = [this] {
    http::FakeClient client(at_);
    at_.handler.on_request = [this](http::Exchange& exchange) {
      http::Exchange& live = pages_->live(exchange, "shop");
      EXPECT_TRUE(pages_->is_live(live));
      const http::Field fields[] = {{"content-type", "text/html"}, {"content-length", "0"}};
      live.send_head({200, fields});
      live.finish();
    };
    client.send(std::string(kPage) + "\r\n");
    EXPECT_TRUE(client.expect("</script>"));
    const std::size_t begin = client.received.find("data-state=\"") + 12;
    return client.received.substr(begin, client.received.find('"', begin) - begin);
  };
  const std::string before = stamp_of();
  EXPECT_EQ(before, std::string(channel_.process()) + ".0");
  EXPECT_EQ(before, stamp_of());
  channel_.problem("shop", {.message = "no"});
  at_.settle();
  EXPECT_EQ(before, stamp_of());
  channel_.changed("shop");
  at_.settle();
  EXPECT_EQ(stamp_of(), std::string(channel_.process()) + ".1");
  EXPECT_NE(DevChannel().process(), channel_.process());
}

TEST_F(DevPagesTest, AddsNothingToWhatIsNoPage) {
  at_.handler.on_request = [this](http::Exchange& exchange) {
    EXPECT_EQ(&pages_->live(exchange, "shop"), &exchange);
    http::FakeHandler::answer(exchange, 200, "plain");
  };
  http::FakeClient client(at_);
  EXPECT_TRUE(client.ask("GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", "plain"));
  EXPECT_TRUE(client.ask(std::string(kPage) + "Sec-Fetch-Dest: empty\r\n\r\n", "plain"));
  EXPECT_TRUE(client.ask("POST / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nContent-Length: 0\r\n\r\n", "plain"));
}

TEST_F(DevPagesTest, HasAScriptAndLeavesOtherPathsAlone) {
  http::FakeClient client(at_);
  ASSERT_TRUE(client.ask(kScript, "})();\n"));
  EXPECT_NE(client.received.find("content-type: text/javascript"), std::string::npos);
  EXPECT_TRUE(client.ask("GET /.peko/live.css HTTP/1.1\r\nHost: a\r\n\r\n", "nothing"));
  EXPECT_TRUE(client.ask("GET /.peko/live HTTP/1.1\r\nHost: a\r\n\r\n", "nothing"));
}

TEST_F(DevPagesTest, DoesNothingOfThatWhenLiveReloadIsOff) {
  DevChannel off(LiveReload::Off);
  pages_.emplace(*at_.loop, off);
  http::FakeClient client(at_);
  EXPECT_TRUE(client.ask(kScript, "nothing"));
  EXPECT_TRUE(client.ask(kStream, "nothing"));
  EXPECT_TRUE(client.ask(std::string(kPage) + "\r\n", "nothing"));
  pages_.emplace(*at_.loop, channel_);
}

TEST_F(DevPagesTest, ShowsAnErrorOnceItsReportIsThere) {
  const auto awaited = std::make_shared<AwaitedReport>();
  net::TaskGroup tasks(*at_.loop);
  at_.handler.on_request = [&](http::Exchange& exchange) {
    tasks.spawn(pages_->show(exchange, {.fault = Fault::Trap, .detail = "why"}, awaited));
  };
  http::FakeClient client(at_);
  client.send(std::string(kPage) + "\r\n");
  EXPECT_TRUE(at_.until([&] { return awaited->event != nullptr; }));
  at_.settle();
  client.receive();
  EXPECT_EQ(client.received, "");
  pages_->teller(awaited)({.frames = {"take at a.rs:1:2"}, .source = {.place = "a.rs:1", .text = "> 1 | x"}});
  ASSERT_TRUE(client.expect("</footer>"));
  for (const char* text : {"HTTP/1.1 500", "why", "take at a.rs:1:2", "<mark>"})
    EXPECT_NE(client.received.find(text), std::string::npos) << client.received;
}

TEST_F(DevPagesTest, ForgetsAnErrorWhoseClientHasGone) {
  const auto awaited = std::make_shared<AwaitedReport>();
  net::TaskGroup tasks(*at_.loop);
  at_.handler.on_request = [&](http::Exchange& exchange) {
    tasks.spawn(pages_->show(exchange, {.fault = Fault::Trap}, awaited));
  };
  http::FakeClient client(at_);
  client.send(std::string(kPage) + "\r\n");
  EXPECT_TRUE(at_.until([&] { return awaited->event != nullptr; }));
  client.reset_now();
  EXPECT_TRUE(at_.until([&] { return tasks.size() == 0; }));
  pages_->teller(awaited)({});
  at_.settle();
}

}  // namespace
}  // namespace peko::edge

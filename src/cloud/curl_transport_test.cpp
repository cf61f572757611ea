#include "cloud/curl_transport.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cloud/fake_server.hpp"
#include "net/tls_peer.hpp"

namespace peko::cloud {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::unique_ptr<CurlTransport> transport(CurlOptions options = {}) {
  auto started = CurlTransport::start(std::move(options));
  return std::move(*started);
}

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

BodyReader reader_of(const std::string& text, std::size_t piece = SIZE_MAX) {
  return [&text, piece](std::uint64_t offset, std::size_t bytes_max) -> Result<std::string_view> {
    return std::string_view(text).substr(offset, std::min(piece, bytes_max));
  };
}

/// What comes of a request whose answer `say` writes.
Result<HttpResponse> ask(const std::function<void(FakeTalk&)>& say, const BodyWriter& sink = {}) {
  FakeServer server([&](FakeTalk& talk) {
    if (!talk.head().empty()) say(talk);
  });
  HttpRequest request = request_to(server.url() + "/");
  request.stall_timeout = milliseconds(1000);
  return transport()->send(request, sink);
}

Result<HttpResponse> ask(const std::string& answer, const BodyWriter& sink = {}) {
  return ask([&](FakeTalk& talk) { talk.say(answer); }, sink);
}

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24U);
  return bytes;
}

TEST(CurlTransport, BringsStatusHeadersAndBody) {
  const auto response = ask("HTTP/1.1 404 Not Found\r\nX-Amz-Request-Id:  17 \r\ncontent-length: 4\r\n\r\nbody");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404U);
  EXPECT_EQ(response->header("x-amz-request-id"), "17");
  EXPECT_EQ(response->header("etag"), "");
  EXPECT_EQ(response->body, "body");
}

TEST(CurlTransport, SendsWhatItIsToldAndNothingOfItsOwnThatMatters) {
  std::string head;
  FakeServer server([&](FakeTalk& talk) {
    head = talk.head();
    talk.answer("200 OK", "");
  });
  HttpRequest request = request_to(server.url() + "/a/../b%20c?list-type=2");
  request.method = "DELETE";
  request.headers = {{"x-amz-date", "now"}, {"x-empty", ""}};
  ASSERT_TRUE(transport()->send(request));
  EXPECT_THAT(head, StartsWith("DELETE /a/../b%20c?list-type=2 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("x-amz-date: now\r\n"));
  EXPECT_THAT(head, HasSubstr("x-empty:\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("ccept")));
}

TEST(CurlTransport, HandsTheBodyOfASuccessToTheSinkAndThatOfAFailureToTheResponse) {
  std::string taken;
  const BodyWriter sink = [&](std::string_view bytes) -> Status {
    taken += bytes;
    return {};
  };
  auto response = ask("HTTP/1.1 206 Partial Content\r\ncontent-length: 4\r\n\r\nbody", sink);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(taken, "body");
  EXPECT_EQ(response->body, "");
  response = ask("HTTP/1.1 503 Slow Down\r\ncontent-length: 4\r\n\r\nwait", sink);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(taken, "body");
  EXPECT_EQ(response->body, "wait");
}

TEST(CurlTransport, LetsTheHeadBeRefusedBeforeAnyOfTheBodyIsHandedOver) {
  FakeServer server([](FakeTalk& talk) {
    talk.head();
    talk.answer("200 OK", "body", "etag: \"other\"\r\n");
  });
  HttpRequest request = request_to(server.url());
  request.head = [](const HttpResponse& head) -> Status {
    return fail(Code::Conflict, std::string(head.header("etag")) + " is another one");
  };
  bool took = false;
  const auto response = transport()->send(request, [&](std::string_view) -> Status {
    took = true;
    return {};
  });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "\"other\" is another one");
  EXPECT_FALSE(took);
}

TEST(CurlTransport, MovesLargeBodiesBothWays) {
  const std::string sent = some_bytes(5'000'000);
  std::string arrived;
  FakeServer server([&](FakeTalk& talk) {
    EXPECT_THAT(talk.head(), HasSubstr("ontent-Length: 5000000\r\n"));
    talk.say("HTTP/1.1 100 Continue\r\n\r\n");
    arrived = talk.body(sent.size());
    talk.answer("200 OK", arrived);
  });
  HttpRequest request = request_to(server.url());
  request.method = "PUT";
  request.body_size = sent.size();
  request.body = reader_of(sent, 100'000);
  std::string back;
  const auto response = transport()->send(request, [&](std::string_view bytes) -> Status {
    back += bytes;
    return {};
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(arrived == sent);
  EXPECT_TRUE(back == sent);
}

TEST(CurlTransport, KeepsNoMoreThanAPieceForASlowSink) {
  std::atomic<std::size_t> said{0};
  FakeServer server([&](FakeTalk& talk) {
    talk.head();
    talk.say("HTTP/1.1 200 OK\r\ncontent-length: 64000000\r\n\r\n");
    const std::string piece(64'000, 'x');
    for (int i = 0; i < 1000; ++i) {
      talk.say(piece);
      said += piece.size();
    }
  });
  HttpRequest request = request_to(server.url());
  request.stall_timeout = milliseconds(1000);
  std::size_t taken = 0;
  std::size_t ahead_max = 0;
  const auto response = transport()->send(request, [&](std::string_view bytes) -> Status {
    // Longer than the stall timeout, once: a slow sink is no slow server.
    if (taken == 0) std::this_thread::sleep_for(milliseconds(1500));  // tidy: longer than the timeout
    taken += bytes.size();
    ahead_max = std::max(ahead_max, said.load() - std::min(taken, said.load()));
    return {};
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(taken, 64'000'000U);
  // The kernel's buffers of both ends, which grow to some 6 MB each at most, and ours.
  EXPECT_LT(ahead_max, 32'000'000U);
}

TEST(CurlTransport, ReportsWhatTheSinkAndTheSourceReport) {
  auto response = ask("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nb",
                      [](std::string_view) -> Status { return fail(Code::Denied, "the disk is full"); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Denied);
  EXPECT_EQ(response.error().message, "the disk is full");

  FakeServer server([](FakeTalk& talk) { talk.hang(); });
  HttpRequest request = request_to(server.url());
  request.method = "PUT";
  request.body_size = 10;
  request.body = [](std::uint64_t, std::size_t) -> Result<std::string_view> {
    return fail(Code::NotFound, "the file has gone");
  };
  response = transport()->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "the file has gone");
  request.body = [](std::uint64_t, std::size_t) -> Result<std::string_view> { return std::string_view(); };
  response = transport()->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Invalid);
}

TEST(CurlTransport, TakesAnEarlyRefusalOfALargeBody) {
  FakeServer server([](FakeTalk& talk) {
    talk.head();
    talk.answer("412 Precondition Failed", "", "connection: close\r\n");
  });
  const std::string sent = some_bytes(3'000'000);
  HttpRequest request = request_to(server.url());
  request.method = "PUT";
  request.body_size = sent.size();
  request.body = reader_of(sent);
  const auto response = transport()->send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 412U);
}

TEST(CurlTransport, ReusesConnectionsAndStartsAfreshWhenOneHasDied) {
  std::atomic<int> requests{0};
  FakeServer server([&](FakeTalk& talk) {
    for (int i = 0; i < 2 && !talk.head().empty(); ++i) {
      EXPECT_EQ(talk.body(4), "body");
      ++requests;
      talk.answer("200 OK", "");
    }
  });
  const auto curl = transport();
  const std::string body = "body";
  HttpRequest request = request_to(server.url());
  request.method = "PUT";
  request.body_size = body.size();
  request.body = reader_of(body);
  for (int i = 0; i < 4; ++i) {
    const auto response = curl->send(request);
    EXPECT_TRUE(response) << response.error().message;
  }
  EXPECT_EQ(requests.load(), 4);
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlTransport, SendsManyAtOnce) {
  FakeServer server([](FakeTalk& talk) {
    while (!talk.head().empty()) talk.answer("200 OK", "x");
  });
  const auto curl = transport();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        HttpRequest request = request_to(server.url());
        const auto response = curl->send(request);
        good += response && response->body == "x" ? 1 : 0;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(good.load(), 320);
}

/// Answers that are wrong, and what becomes of each.
struct Wrong {
  const char* what;
  std::string answer;
  Code code;
  const char* message;
};

class WrongAnswer : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongAnswer, EndsWithAnErrorThatSaysSo) {
  const auto response = ask(GetParam().answer, [](std::string_view) -> Status { return {}; });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, GetParam().code) << response.error().message;
  EXPECT_THAT(response.error().message, HasSubstr(GetParam().message));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    CurlTransport, WrongAnswer,
    ::testing::Values(
        Wrong{"nothing", "", Code::Unavailable, "broke off"},
        Wrong{"garbage", "\x16\x03\x01 what is this\r\n\r\n", Code::Unavailable, "broke off"},
        Wrong{"cut head", "HTTP/1.1 200 OK\r\ncontent-le", Code::Unavailable, "broke off"},
        Wrong{"cut body", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody", Code::Unavailable, "broke off"},
        Wrong{"cut chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nbody", Code::Unavailable,
              "broke off"},
        Wrong{"no chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Code::Unavailable,
              "broke off"},
        Wrong{"endless head", "HTTP/1.1 200 OK\r\n" + repeated("x: " + std::string(900, 'y') + "\r\n", 200),
              Code::Unavailable, "head of more than 64 KiB"},
        Wrong{"endless interim heads", repeated("HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n", 5000), Code::Unavailable,
              "head of more than 64 KiB"},
        Wrong{"huge failure", "HTTP/1.1 500 No\r\ncontent-length: 2000000\r\n\r\n" + std::string(2'000'000, 'x'),
              Code::Unavailable, "more than 1 MiB"}),
    [](const auto& info) {
      std::string name = info.param.what;
      std::ranges::replace(name, ' ', '_');
      return name;
    });

TEST(CurlTransport, FollowsNoRedirect) {
  const auto response = ask("HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 307U);
  EXPECT_EQ(response->header("location"), "http://127.0.0.1:1/");
}

TEST(CurlTransport, SkipsInterimResponses) {
  const auto response = ask("HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200U);
  EXPECT_EQ(response->header("x"), "");
}

TEST(CurlTransport, GivesUpOnAServerThatSaysNothingMore) {
  auto response = ask([](FakeTalk& talk) { talk.hang(); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Deadline);
  EXPECT_THAT(response.error().message, HasSubstr("did nothing for 1.000 s"));
  std::string taken;
  response = ask(
      [](FakeTalk& talk) {
        talk.say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody");
        talk.hang();
      },
      [&](std::string_view bytes) -> Status {
        taken += bytes;
        return {};
      });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Deadline);
  EXPECT_EQ(taken, "body");
}

TEST(CurlTransport, GivesUpOnAServerThatTakesNothing) {
  FakeServer server([](FakeTalk& talk) {
    talk.head();
    talk.say("HTTP/1.1 100 Continue\r\n\r\n");
    talk.ignore();
  });
  const std::string sent = some_bytes(30'000'000);
  HttpRequest request = request_to(server.url());
  request.method = "PUT";
  request.body_size = sent.size();
  request.body = reader_of(sent);
  request.stall_timeout = milliseconds(1000);
  const auto response = transport()->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Deadline);
}

TEST(CurlTransport, GivesUpWhenTheTotalTimeIsOver) {
  FakeServer server([](FakeTalk& talk) {
    talk.head();
    talk.say("HTTP/1.1 200 OK\r\n\r\n");
    talk.hang();
  });
  HttpRequest request = request_to(server.url());
  request.stall_timeout = milliseconds(30'000);
  request.total_timeout = milliseconds(300);
  const auto response = transport()->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Deadline);
  EXPECT_THAT(response.error().message, HasSubstr("did not finish within 0.300 s"));
}

TEST(CurlTransport, SaysThatNobodyListens) {
  std::string url;
  {
    const FakeServer gone([](FakeTalk&) {});
    url = gone.url();
  }
  const auto response = transport()->send(request_to(url + "/secret?X-Amz-Signature=secret"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Unavailable);
  EXPECT_THAT(response.error().message, HasSubstr(url + " cannot be reached"));
  EXPECT_THAT(response.error().message, Not(HasSubstr("secret")));
}

TEST(CurlTransport, RefusesWhatIsNoUrlOfHttp) {
  for (const char* const url : {"", "nothing", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
                                "http://127.0.0.1\r\nx: y/", "http://127.0.0.1:99999/"}) {
    const auto response = transport()->send(request_to(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, Code::Invalid) << url << ": " << response.error().message;
  }
  HttpRequest request = request_to("http://127.0.0.1:1/");
  request.headers = {{"x", "y\r\nz: 1"}};
  const auto response = transport()->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Invalid);
}

TEST(CurlTransport, EndsWhatIsUnderWayWhenItIsDestroyed) {
  std::atomic<int> asked{0};
  FakeServer server([&](FakeTalk& talk) {
    talk.head();
    ++asked;
    talk.hang();
  });
  auto curl = transport();
  std::vector<std::thread> threads;
  std::atomic<int> ended{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, raw = curl.get()] {
      HttpRequest request = request_to(server.url());
      request.stall_timeout = milliseconds(600'000);
      const auto response = raw->send(request);
      ended += !response && response.error().code == Code::Unavailable ? 1 : 0;
    });
  }
  while (asked.load() < 4) std::this_thread::yield();
  curl.reset();
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(ended.load(), 4);
}

/// Asks a TLS server that answers 200 to whatever it hears.
Result<HttpResponse> ask_tls(net::TestAuthority& authority, const net::TlsPeerSpec& spec, CurlOptions options) {
  net::TlsPeer peer(authority, spec);
  std::atomic<bool> stop{false};
  std::thread serving([&] {
    while (!stop.load()) {
      peer.step();
      if (!std::exchange(peer.received, {}).empty()) peer.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      std::this_thread::sleep_for(milliseconds(1));  // tidy: a peer that is stepped
    }
  });
  HttpRequest request = request_to("https://localhost:" + std::to_string(peer.address().port()) + "/");
  request.connect_timeout = milliseconds(10'000);
  auto response = transport(std::move(options))->send(request);
  stop.store(true);
  serving.join();
  return response;
}

TEST(CurlTransport, TrustsTheSystemsCertificatesAndTheExtraOnesOnly) {
  std::signal(SIGPIPE, SIG_IGN);  // the server uses OpenSSL's own sockets
  net::TestAuthority authority;
  auto response = ask_tls(authority, {}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Denied) << response.error().message;
  EXPECT_THAT(response.error().message, HasSubstr("not trusted"));

  response = ask_tls(authority, {}, {.ca_file = authority.file()});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200U);

  response = ask_tls(authority, {.certificate = {.host = "other.test"}}, {.ca_file = authority.file()});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Denied) << response.error().message;

  response = ask_tls(authority, {}, {.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::Denied) << response.error().message;
}

}  // namespace
}  // namespace peko::cloud

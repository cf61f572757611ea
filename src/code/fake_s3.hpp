/// For tests: an S3Store, and the service that it asks, played answer by answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fake_clock.hpp"
#include "cloud/credentials.hpp"
#include "cloud/http_transport.hpp"
#include "code/s3_store.hpp"

namespace peko::code {

/// Gives the prepared answers in turn and remembers what it was asked. What it was not prepared for is a failed test.
class FakeS3 final : public cloud::HttpTransport, public cloud::CredentialsSource {
 public:
  using Answer = std::function<Result<cloud::HttpResponse>(const cloud::HttpRequest&)>;

  FakeS3& then(Answer answer) {
    answers_.push_back(std::move(answer));
    return *this;
  }
  FakeS3& then(unsigned status, cloud::Headers headers = {}, std::string body = {}) {
    return then([=](const cloud::HttpRequest&) {
      return cloud::HttpResponse{.status = status, .headers = headers, .body = body};
    });
  }
  /// A status with an <Error>.
  FakeS3& then_error(unsigned status, const std::string& code, cloud::Headers headers = {}) {
    return then(status, std::move(headers),
                "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no reason</Message></Error>");
  }
  FakeS3& then_fail(Code code) {
    return then([=](const cloud::HttpRequest&) -> Result<cloud::HttpResponse> { return fail(code, "made to fail"); });
  }
  /// A success whose connection breaks after `body`, and after a time.
  FakeS3& then_break(unsigned status, cloud::Headers headers, std::string body, std::chrono::seconds time = {}) {
    breaks_.push_back(answers_.size() + asked.size());
    return then([=, this](const cloud::HttpRequest&) {
      clock.advance(time);
      return cloud::HttpResponse{.status = status, .headers = headers, .body = body};
    });
  }

  Result<cloud::HttpResponse> send(const cloud::HttpRequest& request, const cloud::BodyWriter& sink) override {
    const std::size_t number = asked.size();
    asked.push_back(request);
    std::string sent;
    while (sent.size() < request.body_size) {
      auto piece = request.body(sent.size(), 16);
      if (!piece) return fail(piece.error());
      sent += *piece;
    }
    bodies.push_back(sent);
    if (answers_.empty())
      return fail(Code::Internal, "the test has no answer to " + request.method + " " + request.url);
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    auto response = answer(request);
    if (!response || !sink || response->status / 100 != 2) return response;
    const std::string body = std::exchange(response->body, {});
    if (request.head) {
      if (auto checked = request.head(*response); !checked) return fail(checked.error());
    }
    if (!body.empty()) {
      if (auto taken = sink(body); !taken) return fail(taken.error());
    }
    if (std::ranges::find(breaks_, number) != breaks_.end()) return fail(Code::Unavailable, "broke off");
    return response;
  }

  Result<cloud::Credentials> get() override {
    return cloud::Credentials{.access_key_id = "AKIDEXAMPLE" + std::to_string(refusals), .secret_access_key = "secret"};
  }
  void refused() override { ++refusals; }

  /// A header of the request `number`; empty when it has none.
  [[nodiscard]] std::string sent(std::size_t number, std::string_view header) const {
    for (const auto& [name, value] : asked.at(number).headers) {
      if (name == header) return value;
    }
    return "";
  }
  [[nodiscard]] bool all_answers_were_used() const { return answers_.empty(); }

  /// At AWS, in a bucket "code" with the prefix "peko", unless told.
  std::unique_ptr<S3Store> store(S3Location location = {.bucket = "code", .prefix = "peko"}) {
    S3Options options;
    options.sleep = [this](std::chrono::milliseconds time) {
      pauses.push_back(time);
      clock.advance(time);
    };
    options.warn = [this](std::string_view text) { warnings.emplace_back(text); };
    return std::move(*S3Store::make(std::move(location), *this, *this, clock, std::move(options)));
  }

  FakeClock clock;
  std::vector<cloud::HttpRequest> asked;
  std::vector<std::string> bodies;
  std::vector<std::chrono::milliseconds> pauses;
  std::vector<std::string> warnings;
  int refusals = 0;

 private:
  std::deque<Answer> answers_;
  std::vector<std::size_t> breaks_;
};

}  // namespace peko::code

/// For tests: a Handler that does what it is told and remembers what it saw.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/exchange.hpp"

namespace peko::http {

/// Answers with what `on_request` does; remembers a copy of each head and each rejection.
class FakeHandler final : public Handler {
 public:
  struct Seen {
    std::string method;
    std::string target;
  };

  std::function<void(Exchange&)> on_request = [](Exchange& exchange) { answer(exchange, 200, "hello, world\n"); };
  std::vector<Seen> seen;
  std::vector<Rejection> rejections;
  std::vector<Exchange*> pending;  ///< what keep() kept

  /// A whole response with content-length.
  static void answer(Exchange& exchange, unsigned status, std::string_view body) {
    const std::string length = std::to_string(body.size());
    const Field fields[] = {{"content-type", "text/plain"}, {"content-length", length}};
    exchange.send_head({status, fields});
    exchange.write(Chunk(body));
    exchange.finish();
  }
  /// For on_request: leaves the exchange open, to be finished by the test.
  std::function<void(Exchange&)> keep() {
    return [this](Exchange& exchange) { pending.push_back(&exchange); };
  }

  void handle(Exchange& exchange) override {
    seen.push_back({std::string(exchange.head().method), std::string(exchange.head().target)});
    on_request(exchange);
  }
  RejectionResponse reject(Rejection rejection, std::string_view detail) override {
    rejections.push_back(rejection);
    detail_ = detail;
    static constexpr unsigned kStatus[] = {400, 414, 431, 408, 505, 501, 417};
    return {.status = kStatus[static_cast<std::size_t>(rejection)], .fields = {}, .body = detail_};
  }

 private:
  std::string detail_;
};

}  // namespace peko::http

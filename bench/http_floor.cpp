/// The floor: what net/ and http/ cost without a function behind them. A server on one loop that answers every request
/// with the same 13 bytes, from within the handler. Usage: http_floor PORT [REQUESTS]; with REQUESTS it ends after so
/// many, for callgrind.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/server.hpp"

namespace {

using namespace peko;

class Hello final : public http::Handler {
 public:
  Hello(net::Loop& loop, long requests) : loop_(loop), left_(requests) {}

  void handle(http::Exchange& exchange) override {
    static constexpr http::Field kFields[] = {{"content-type", "text/plain"}, {"content-length", "13"}};
    exchange.send_head({200, kFields});
    exchange.write(http::Chunk("Hello, World!"));
    exchange.finish();
    if (left_ > 0 && --left_ == 0) loop_.stop();
  }
  http::RejectionResponse reject(http::Rejection, std::string_view detail) override {
    return {.status = 400, .fields = {}, .body = detail};
  }

 private:
  net::Loop& loop_;
  long left_;  // 0: without end
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: http_floor PORT [REQUESTS]\n");
    return 2;
  }
  const auto loop = net::Loop::create();
  if (!loop) {
    std::fprintf(stderr, "http_floor: %s\n", loop.error().message.c_str());
    return 1;
  }
  Hello hello(**loop, count > 2 ? std::atol(words[2]) : 0);
  const auto server =
      http::Server::start(**loop, std::string("127.0.0.1:") + words[1], http::Server::Sharing::First, hello, {});
  if (!server) {
    std::fprintf(stderr, "http_floor: %s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  (*loop)->run();
  (*server)->close_all();
  return 0;
}

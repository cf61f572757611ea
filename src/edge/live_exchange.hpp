/// LiveExchange: an exchange whose page gets the script of live reload at its end.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "http/exchange.hpp"

namespace peko::edge {

/// Stands before the codec's exchange, so that whatever makes a response knows nothing of it. Only in `peko dev`, and
/// only for requests of browsers that want a page to show; HEAD tells of the same length as GET. A page that is added
/// to has no ETag and no Last-Modified. A response that is no whole page of HTML as text passes unchanged: another
/// type, status or coding, a part of one, a download; and one whose function says `peko-live-reload: off`, a field that
/// no client sees.
class LiveExchange final : public http::Exchange {
 public:
  using Owners = std::list<LiveExchange>;

  /// `tag` is what it adds. `owners` is the list that it is made in, which it leaves at its end; both outlive it.
  LiveExchange(http::Exchange& below, std::string tag, Owners& owners)
      : below_(below), tag_(std::move(tag)), owners_(owners) {}

  const http::RequestHead& head() const override { return below_.head(); }
  std::string_view peer() const override { return below_.peer(); }
  void notify(net::Event* event) override { below_.notify(event); }
  bool gone() const override { return below_.gone(); }
  void accept_body(std::uint64_t bytes_max) override { below_.accept_body(bytes_max); }
  std::span<const char> body() const override { return below_.body(); }
  void consume(std::size_t n) override { below_.consume(n); }
  http::Chunk take_body() override { return below_.take_body(); }
  http::BodyState body_state() const override { return below_.body_state(); }
  bool body_too_large() const override { return below_.body_too_large(); }
  http::Fields trailers() const override { return below_.trailers(); }
  void send_head(const http::ResponseHead& head) override;
  bool writable() const override { return below_.writable(); }
  void write(http::Chunk chunk) override { below_.write(std::move(chunk)); }
  bool finish(http::Fields trailers) override;
  void abort() override;
  std::uint64_t bytes_in() const override { return below_.bytes_in(); }
  std::uint64_t bytes_out() const override { return below_.bytes_out(); }

 private:
  void leave();

  http::Exchange& below_;
  std::string tag_;
  Owners& owners_;
  bool adds_ = false;
};

}  // namespace peko::edge

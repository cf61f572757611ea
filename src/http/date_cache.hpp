/// DateCache: the value of the date field, made once a second.
#pragma once

#include <array>
#include <string_view>

#include "net/deadline.hpp"

namespace peko::http {

/// Lives on one loop.
class DateCache {
 public:
  /// The wall clock at `now`, the loop's steady time: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). Valid until
  /// the next call.
  std::string_view text(net::TimePoint now) {
    if (now >= stale_at_) refresh(now);
    return {text_.data(), text_.size()};
  }

 private:
  void refresh(net::TimePoint now);

  std::array<char, 29> text_{};
  net::TimePoint stale_at_{};
};

}  // namespace peko::http

#include "node/store_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace peko::node {

std::optional<StoreWatch::Line> StoreWatch::looked(const Status& outcome, Time begin, Time end) {
  if (!outcome) {
    next_ = end + interval_;
    if (down_since_) return std::nullopt;
    down_since_ = begin;
    return Line{
        LogLevel::Error,
        fmt::format("the code store {} is down: {}. What is in the local cache goes on serving; changes are not "
                    "seen until it is back (looked for each {} ms)",
                    store_, outcome.error().message, interval_.count())};
  }
  const auto takes = std::min(end - begin, std::exchange(previous_, end - begin));
  next_ = std::max(begin + interval_, end + kRestFactor * takes);
  if (!down_since_) return std::nullopt;
  const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(end - *down_since_);
  down_since_.reset();
  return Line{LogLevel::Warn, fmt::format("the code store {} is up again, after {} s", store_, lasted.count())};
}

}  // namespace peko::node

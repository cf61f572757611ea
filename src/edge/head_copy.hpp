/// HeadCopy: a request's head that outlives the turn in which it arrived.
#pragma once

#include <string>
#include <vector>

#include "http/message.hpp"

namespace peko::edge {

/// Made only for requests that have to wait before their guest starts, or that may need a second start: a warm request
/// copies nothing.
class HeadCopy {
 public:
  explicit HeadCopy(const http::RequestHead& head);
  HeadCopy(const HeadCopy&) = delete;
  HeadCopy& operator=(const HeadCopy&) = delete;

  /// Views into this object.
  [[nodiscard]] const http::RequestHead& head() const { return head_; }

 private:
  std::string_view keep(std::string_view text);

  std::string text_;
  std::vector<http::Field> fields_;
  http::RequestHead head_;
};

}  // namespace peko::edge

/// The start of `peko serve`, told as lines of the log.
#pragma once

#include <string>

#include "base/log.hpp"
#include "node/node_functions.hpp"

namespace peko::cli {

class ServeView {
 public:
  /// `log` outlives it.
  explicit ServeView(LogSink& log) : log_(log) {}

  void loaded(const node::LoadReport& report) const;
  /// The node listens; its functions are below `domain`.
  void ready(const std::string& address, const std::string& domain) const;
  /// The node does not start.
  void failed(const std::string& why) const;

 private:
  LogSink& log_;
};

}  // namespace peko::cli

/// Tells how the start of a node with projects goes: on a screen for people (dev_view.hpp), or to a test.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/settings.hpp"
#include "code/function.hpp"
#include "node/node.hpp"

namespace peko::cli {

/// Called in this order, on one thread: begin, problem for each, loaded for each function in order, then ready or
/// failed.
class StartView {
 public:
  virtual ~StartView() = default;
  virtual void begin(const Settings& settings, const std::vector<code::Function>& functions) = 0;
  /// A function that is left out because its settings are wrong.
  virtual void problem(const Error& error) = 0;
  virtual void loaded(const node::LoadReport& report) = 0;
  /// The node listens. `loaded` are the functions that can answer.
  virtual void ready(const std::string& address, const std::vector<code::Function>& loaded) = 0;
  /// The node does not start, or nothing is left to serve.
  virtual void failed(const std::string& why) = 0;
};

}  // namespace peko::cli

/// FunctionStage: functions that come, change and go while a node runs, for whoever decides about them (`peko dev`).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "code/function.hpp"
#include "node/component_loader.hpp"

namespace peko::node {

/// Any thread may call it; what concerns one function comes from one thread at a time. A function is its name.
class FunctionStage {
 public:
  struct Put {
    From from = From::Cache;
    std::chrono::milliseconds took{};
  };

  virtual ~FunctionStage() = default;

  /// It is being made: when nothing of it serves, requests for it wait until put() or fail() says what became of it.
  virtual void expect(const code::Function& function) = 0;
  /// A build of it begins: put() will have less to wait for. Blocks while it reads the component that is there.
  virtual void prepare(const code::Function& function) = 0;
  /// Loads it and has it answer, in place of what did so before; no request fails by that. Returns when every loop has
  /// it. On an error what serves goes on serving; when nothing does, requests are answered PEKO-BAD-COMPONENT. Blocks
  /// while it compiles. Errors as ComponentLoader::load_file.
  virtual Result<Put> put(const code::Function& function) = 0;
  /// Its newest state could not be made: what serves goes on serving; when nothing does, requests are answered
  /// PEKO-BUILD with `why`.
  virtual void fail(const code::Function& function, std::string why) = 0;
  /// Nobody can ask for it any more. What runs goes on to its end.
  virtual void remove(std::string_view name) = 0;
  /// Which function answers hosts that name none; empty: none.
  [[nodiscard]] virtual std::string default_function() const = 0;
};

}  // namespace peko::node

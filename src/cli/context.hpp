/// What the commands need from the outside: main.cpp gives the real things, tests give others.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "cli/terminal.hpp"
#include "cloud/http_transport.hpp"
#include "code/function.hpp"
#include "code/store.hpp"
#include "node/compile_process.hpp"
#include "node/config.hpp"
#include "node/node.hpp"

namespace peko::cli {

/// A node that listens.
class RunningNode {
 public:
  virtual ~RunningNode() = default;
  /// What it really listens on: "127.0.0.1:3000".
  [[nodiscard]] virtual std::string address() const = 0;
  /// Where the operator asks, likewise; empty: nowhere.
  [[nodiscard]] virtual std::string admin_address() const = 0;
  /// node::Node::stage.
  [[nodiscard]] virtual node::FunctionStage* stage() = 0;
  /// Blocks until it is told to stop, by a signal or stop(), and has drained; `stopping`, if there is one, is called
  /// before that. Returns the exit status.
  virtual int run(const std::function<void()>& stopping) = 0;
  /// As a signal would. Any thread.
  virtual void stop() = 0;
};

/// What this program was made of, for `peko version` and the manual page.
struct BuildInfo {
  std::string peko;      ///< "0.1.0"
  std::string wasmtime;  ///< "48.0.8"
  std::string kind;      ///< CMake's build type: "Release"
  std::string compiler;  ///< "Clang 19.1.7"
};

struct Context {
  const Environment& environment;
  Terminal& out;
  Terminal& err;
  const Clock& clock;
  std::string version;  ///< what --version prints, whole lines

  /// node::Node::start. `log` outlives the node.
  std::function<Result<std::unique_ptr<RunningNode>>(node::Config config, node::Node::Source source, LogSink& log,
                                                     const node::OnLoaded& on_loaded)>
      start_node;
  /// node::enter_compile_sandbox, for the workers.
  std::function<Result<std::string>(const node::CompileLimits& limits)> confine;
  /// engine::compile_component.
  std::function<Result<std::string>(std::span<const char> component, std::string* known)> compile;
  /// code::open_store. `warn` gets what somebody should put right (S3Options); it lives as long as the store.
  std::function<Result<std::unique_ptr<code::Store>>(const std::string& url,
                                                     std::function<void(std::string_view)> warn)>
      open_store;
  /// node::compile_in_child.
  std::function<Result<node::Compiled>(std::string_view component, const node::CompileLimits& limits)> compile_in_child;
  /// engine::engine_id: of the artifacts that compile_in_child makes.
  std::function<Result<std::string>()> engine_id;
  /// To nodes' admin listeners. Started when a command first wants it: it has a thread.
  std::function<Result<cloud::HttpTransport*>()> http;
  int in = 0;  ///< the descriptor of stdin
  BuildInfo build = {};
};

}  // namespace peko::cli

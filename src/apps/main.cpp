/// The program `peko`: makes the concrete parts and hands them to the commands (cli/).
#include <unistd.h>

#include <csignal>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "cloud/curl_transport.hpp"
#include "code/open_store.hpp"
#include "engine/compiler.hpp"
#include "node/compile_process.hpp"
#include "node/compile_sandbox.hpp"
#include "node/node.hpp"

namespace {

constexpr const char* kVersion =
    "peko " PEKO_VERSION " (wasmtime " PEKO_WASMTIME_VERSION
    ")\n"
    "Licence AGPL-3.0-only: you may run, study, share and change it under the terms of the GNU Affero "
    "General Public License, version 3; there is no warranty\n";

/// node::Node as the commands see it.
class Served final : public peko::cli::RunningNode {
 public:
  explicit Served(std::unique_ptr<peko::node::Node> node) : node_(std::move(node)) {}
  [[nodiscard]] std::string address() const override { return node_->address(); }
  [[nodiscard]] std::string admin_address() const override { return node_->admin_address(); }
  [[nodiscard]] peko::node::FunctionStage* stage() override { return node_->stage(); }
  int run(const std::function<void()>& stopping) override { return node_->run(stopping); }
  void stop() override { peko::node::Node::stop(); }

 private:
  std::unique_ptr<peko::node::Node> node_;
};

peko::cli::Environment environment_of_process() {
  peko::cli::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace

int main(int argc, char** argv) {
  // Writing to a peer that has gone is an error where it happens, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);

  const peko::SystemClock clock;
  const peko::cli::Environment environment = environment_of_process();
  peko::cli::Terminal out = peko::cli::Terminal::on(stdout, environment);
  peko::cli::Terminal err = peko::cli::Terminal::on(stderr, environment);

  const auto start_node =
      [&clock](peko::node::Config config, peko::node::Node::Source source, peko::LogSink& log,
               const peko::node::OnLoaded& on_loaded) -> peko::Result<std::unique_ptr<peko::cli::RunningNode>> {
    auto node = peko::node::Node::start(std::move(config), std::move(source), log, clock, on_loaded);
    if (!node) {
      return peko::fail(std::move(node.error()));
    }
    return std::make_unique<Served>(std::move(*node));
  };

  const auto open_store = [&](const std::string& url, std::function<void(std::string_view)> warn) {
    return peko::code::open_store(url,
                                  {.clock = clock, .environment = environment, .bucket = {.warn = std::move(warn)}});
  };
  // Has a thread: started for the first one who sends a request.
  std::unique_ptr<peko::cloud::CurlTransport> transport;
  const auto http = [&transport]() -> peko::Result<peko::cloud::HttpTransport*> {
    if (!transport) {
      auto started = peko::cloud::CurlTransport::start();
      if (!started) return peko::fail(std::move(started.error()));
      transport = std::move(*started);
    }
    return transport.get();
  };

  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return peko::cli::run(arguments, {.environment = environment,
                                    .out = out,
                                    .err = err,
                                    .clock = clock,
                                    .version = kVersion,
                                    .start_node = start_node,
                                    .confine = peko::node::enter_compile_sandbox,
                                    .compile = peko::engine::compile_component,
                                    .open_store = open_store,
                                    .compile_in_child = peko::node::compile_in_child,
                                    .engine_id = peko::engine::engine_id,
                                    .http = http,
                                    .in = STDIN_FILENO,
                                    .build = {.peko = PEKO_VERSION,
                                              .wasmtime = PEKO_WASMTIME_VERSION,
                                              .kind = PEKO_BUILD_TYPE,
                                              .compiler = PEKO_COMPILER}});
}

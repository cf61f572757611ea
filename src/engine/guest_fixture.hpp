/// A loop, a runtime and real guests, for tests of this room and of those above.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "engine/compiler.hpp"
#include "engine/runtime.hpp"
#include "net/loop.hpp"

namespace peko::engine {

/// Guests are read from the folder that PEKO_GUESTS names (built by tests/guests/build.sh). The test's own thread is
/// the loop's.
class GuestFixture : public testing::Test {
 protected:
  static constexpr std::uint32_t kInstances = 8;

  void SetUp() override {
    auto loop = net::Loop::create();
    ASSERT_TRUE(loop.has_value()) << loop.error().message;
    loop_ = std::move(*loop);
    auto runtime = Runtime::start({.instances_max = kInstances, .loops = 1, .overflow_threads = 1});
    ASSERT_TRUE(runtime.has_value()) << runtime.error().message;
    runtime_ = std::move(*runtime);
    worker_ = &runtime_->add_worker(*loop_);
    worker_->attach();
  }
  void TearDown() override {
    components_.clear();
    runtime_.reset();
    loop_.reset();
  }

  /// The component of tests/guests/<name>, compiled; kept for the test.
  std::shared_ptr<const Component> guest(const std::string& name, const Component::Environment& environment = {}) {
    std::shared_ptr<const Component>& component = components_[name];
    if (component) return component;
    const char* folder = std::getenv("PEKO_GUESTS");
    const std::filesystem::path file =
        std::filesystem::path(folder != nullptr ? folder : "build/guests") / (name + ".wasm");
    const Result<std::string> wasm = read_file(file, std::size_t{1} << 30);
    if (!wasm) {
      ADD_FAILURE() << wasm.error().message;
      return nullptr;
    }
    const Result<std::string> artifact = compile_component(*wasm, nullptr);
    if (!artifact) {
      ADD_FAILURE() << artifact.error().message;
      return nullptr;
    }
    const auto path = std::filesystem::temp_directory_path() /
                      ("peko-" + std::to_string(::getpid()) + "-" + file.stem().string() + ".cwasm");
    EXPECT_TRUE(write_file_atomically(path, *artifact, 0600).has_value());
    Result<std::shared_ptr<const Component>> loaded = Component::load(*runtime_, path, environment);
    std::filesystem::remove(path);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().message;
      return nullptr;
    }
    return component = std::move(*loaded);
  }

  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<Runtime> runtime_;
  Worker* worker_ = nullptr;
  std::map<std::string, std::shared_ptr<const Component>> components_;
};

}  // namespace peko::engine

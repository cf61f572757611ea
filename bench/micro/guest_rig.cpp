#include "micro/guest_rig.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "engine/compiler.hpp"

namespace peko::bench {

namespace {

constexpr std::size_t kComponentBytesMax = 1U << 30;

Result<std::shared_ptr<const engine::Component>> load(engine::Runtime& runtime, const std::string& guest) {
  const char* build = std::getenv("PEKO_BUILD");
  const auto file = std::filesystem::path(build != nullptr ? build : "build") / (guest + ".wasm");
  const Result<std::string> wasm = read_file(file, kComponentBytesMax);
  if (!wasm) return fail(wasm.error(), "make samples guests builds it");
  const Result<std::string> artifact = engine::compile_component(*wasm, nullptr);
  if (!artifact) return fail(artifact.error(), file.string());
  const auto path = std::filesystem::temp_directory_path() / ("peko-micro-" + std::to_string(::getpid()) + ".cwasm");
  if (const Status written = write_file_atomically(path, *artifact, 0600); !written) return fail(written.error());
  auto component = engine::Component::load(runtime, path, {});
  std::filesystem::remove(path);
  return component;
}

}  // namespace

Result<std::unique_ptr<GuestRig>> GuestRig::start(const std::string& guest) {
  auto rig = std::make_unique<GuestRig>();
  auto loop = net::Loop::create();
  if (!loop) return fail(std::move(loop.error()));
  rig->loop = std::move(*loop);
  // valgrind 3.19 gives a process 128 GiB of address space, a slot takes 12 of them.
  auto runtime = engine::Runtime::start({.instances_max = 2,
                                         .spare_slots = 2,
                                         .loops = 1,
                                         .overflow_threads = 1,
                                         .slices = engine::Ticker::Slices::Endless});
  if (!runtime) return fail(std::move(runtime.error()));
  rig->runtime = std::move(*runtime);
  rig->worker = &rig->runtime->add_worker(*rig->loop);
  rig->worker->attach();
  auto component = load(*rig->runtime, guest);
  if (!component) return fail(std::move(component.error()));
  rig->component = std::move(*component);
  return rig;
}

}  // namespace peko::bench

// Cost of calls without sockets: bridge_micro warm|fresh GUEST.wasm COUNT [SLOTS]
//
// Prints the time of one call. For instructions of one call, run it under callgrind with two counts and divide the
// difference: valgrind --tool=callgrind --callgrind-out-file=/dev/null bridge_micro warm hello.wasm 1200
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "peko_bridge.h"

namespace {

[[noreturn]] void fail(peko_buf error) {
  // Safety: char may alias any bytes.
  std::fprintf(stderr, "bridge_micro: %.*s\n", static_cast<int>(error.size), reinterpret_cast<const char*>(error.data));
  std::exit(1);
}

peko_str str(std::string_view text) { return {text.data(), text.size()}; }

struct Setup {
  peko_engine* engine = nullptr;
  peko_loop* loop = nullptr;
  peko_component* component = nullptr;
};

Setup set_up(const char* guest, std::uint32_t slots) {
  Setup setup;
  const peko_engine_config config{.size = sizeof(peko_engine_config),
                                  .max_instances = slots,
                                  .threads = 1,
                                  .compiler = 1,
                                  .memory_bytes_max = 1ULL << 30,
                                  .stack_bytes = 512 << 10,
                                  .memory_keep_bytes = 0,
                                  .clock_resolution_ns = 100'000};
  peko_buf error{};
  setup.engine = peko_engine_new(&config, &error);
  if (setup.engine == nullptr) fail(error);
  peko_thread_attach(setup.engine);
  const peko_loop_hooks hooks{.context = nullptr,
                              .wake = [](void*, std::uint64_t) {},
                              .want_body = [](void*, std::uint64_t) {},
                              .outbound = [](void*, std::uint64_t, std::uint64_t, const peko_outbound_head*) {},
                              .outbound_cancel = [](void*, std::uint64_t) {},
                              .log = [](void*, std::uint64_t, int, peko_str) {}};
  setup.loop = peko_loop_new(setup.engine, &hooks);

  std::ifstream file(guest, std::ios::binary);
  const std::string wasm{std::istreambuf_iterator<char>(file), {}};
  peko_buf artifact{};
  // Safety: uint8_t may alias the bytes of a string.
  if (peko_component_compile(setup.engine, reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(), &artifact,
                             &error) != PEKO_LOAD_OK) {
    fail(error);
  }
  char path[] = "/tmp/peko-micro-XXXXXX";
  const int out = ::mkstemp(path);
  if (out < 0 || ::write(out, artifact.data, artifact.size) < 0) {
    std::perror("bridge_micro");
    std::exit(1);
  }
  ::close(out);
  peko_buf_free(artifact);
  if (peko_component_load(setup.engine, path, nullptr, 0, &setup.component, &error) != PEKO_LOAD_OK) fail(error);
  ::unlink(path);
  return setup;
}

// One call with three request fields; the response is taken and dropped.
peko_instance* call(const Setup& setup, peko_instance* warm, std::uint64_t token) {
  static const peko_field fields[] = {
      {str("host"), str("localhost:3000")}, {str("user-agent"), str("bridge_micro/1")}, {str("accept"), str("*/*")}};
  static const peko_request_head head{.method = str("GET"),
                                      .target = str("/"),
                                      .authority = str("localhost:3000"),
                                      .fields = fields,
                                      .field_count = 3,
                                      .body_length = 0,
                                      .https = 0};
  static const peko_limits limits{.cpu_ns = 1'000'000'000,
                                  .memory_bytes = 128 << 20,
                                  .handles = 4096,
                                  .handles_kept = 256,
                                  .retire_bytes = 64 << 20,
                                  .field_bytes = 64 << 10,
                                  .outbound = 50,
                                  .random_bytes = 64 << 20};
  peko_invocation* invocation = peko_invocation_start(setup.loop, setup.component, warm, &head, &limits, token);
  const std::uint32_t flags = peko_invocation_poll(invocation, 2'000'000);
  peko_response_head response{};
  if ((flags & PEKO_HEAD) != 0) peko_invocation_head(invocation, &response);
  peko_chunk chunk{};
  while (peko_invocation_next(invocation, &chunk) == PEKO_NEXT_DATA) peko_chunk_release(&chunk);
  peko_stats stats;
  peko_instance* instance = peko_invocation_finish(invocation, &stats);
  if (stats.outcome != PEKO_OUTCOME_OK) {
    std::fprintf(stderr, "bridge_micro: outcome %u: %s\n", stats.outcome, stats.message);
    std::exit(1);
  }
  if (stats.reusable != 0) return instance;
  peko_instance_delete(instance);
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: bridge_micro warm|fresh GUEST.wasm COUNT [SLOTS]\n", stderr);
    return 2;
  }
  const bool warm = std::string_view(argv[1]) == "warm";
  const auto count = static_cast<std::uint64_t>(std::atoll(argv[3]));
  const Setup setup = set_up(argv[2], argc > 4 ? static_cast<std::uint32_t>(std::atoi(argv[4])) : 4);
  peko_instance* instance = nullptr;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    instance = call(setup, instance, i);
    if (!warm) {
      peko_instance_delete(instance);
      instance = nullptr;
    }
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  std::printf("%s %s: %.3f us a call\n", argv[1], argv[2], time.count() / static_cast<double>(count));
  peko_instance_delete(instance);
  peko_component_delete(setup.component);
  peko_loop_delete(setup.loop);
  peko_engine_delete(setup.engine);
  return 0;
}

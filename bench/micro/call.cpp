// One call of a guest, from the request's head to the end of the response: the engine and the guest, no socket.
#include <optional>
#include <utility>
#include <vector>

#include "micro/counted.hpp"
#include "micro/guest_rig.hpp"
#include "peko_bridge.h"

namespace peko::engine {
namespace {

class Caller {
 public:
  explicit Caller(bench::GuestRig& rig) : rig_(rig), progress_(*rig.loop) {}

  /// Whether the call ended well and its instance may serve again.
  bool call() {
    const InvocationPtr invocation = rig_.worker->start(*rig_.component, std::exchange(warm_, std::nullopt), head_,
                                                        limits_, nullptr, nullptr, progress_);
    while (!invocation->ended() && !invocation->away()) invocation->step();
    if (invocation->away() || !invocation->has_head()) return false;
    benchmark::DoNotOptimize(invocation->head().status);
    http::Chunk chunk;
    Invocation::Next next;
    while ((next = invocation->next(chunk)) == Invocation::Next::Data) benchmark::DoNotOptimize(chunk.bytes().data());
    const Usage usage = invocation->finish(warm_);
    return next == Invocation::Next::End && usage.outcome == Outcome::Ok && warm_.has_value();
  }
  /// Frees the instance on this thread: what the reaper would do on its own.
  void drop() {
    peko_instance_delete(warm_->release());
    warm_.reset();
  }

 private:
  bench::GuestRig& rig_;
  net::Event progress_;
  std::optional<Instance> warm_;
  const std::vector<http::Field> fields_{{"user-agent", "curl/7.88.1"}, {"accept", "*/*"}};
  const http::RequestHead head_{
      .method = "GET", .target = "/", .authority = "hello.localhost:3000", .fields = fields_, .body_length = 0};
  const Limits limits_;
};

enum class Instances { Kept, Fresh };

void call(benchmark::State& state, const char* guest, Instances instances) {
  const auto rig = bench::GuestRig::start(guest);
  if (!rig) return state.SkipWithError(rig.error().message.c_str());
  Caller caller(**rig);
  if (!caller.call()) return state.SkipWithError("the first call failed");
  for (auto _ : state) {
    if (instances == Instances::Fresh) caller.drop();
    if (!caller.call()) {
      state.SkipWithError("a call failed");
      break;
    }
  }
}
BENCHMARK_CAPTURE(call, warm, "samples/hello-c", Instances::Kept)->Apply(bench::counted);
BENCHMARK_CAPTURE(call, fresh, "samples/hello-c", Instances::Fresh)->Apply(bench::counted);

}  // namespace
}  // namespace peko::engine

// Finding the function of a request among 1,000, every tenth with a route beside its name.
#include <string>
#include <string_view>

#include "edge/router.hpp"
#include "micro/counted.hpp"

namespace peko::edge {
namespace {

void route(benchmark::State& state, std::string_view authority, std::string_view path) {
  Router router("localhost");
  for (Router::Target i = 0; i < 1000; ++i) {
    router.add_name("function-" + std::to_string(i), i);
    if (i % 10 == 0) router.add_route("api.example.com/v" + std::to_string(i) + "/*", i);
  }
  for (auto _ : state) {
    const auto match = router.find(authority, path);
    if (!match || match->function != 500) state.SkipWithError("the router found another function");
    benchmark::DoNotOptimize(match);
  }
}
BENCHMARK_CAPTURE(route, name, "function-500.localhost:3000", "/todos?page=2")->Apply(bench::counted);
BENCHMARK_CAPTURE(route, path, "api.example.com", "/v500/todos?page=2")->Apply(bench::counted);

}  // namespace
}  // namespace peko::edge

/// peko_load: the generator of load of the benchmarks; prints what came of it as one line of JSON. `peko_load --help`.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "load/generator.hpp"

namespace {

using namespace peko;

/// Asks for as many descriptors as it may have: each connection takes one.
void raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The value below which the share of all lies, by the nearest rank. `sorted` is not empty.
double quantile(const std::vector<float>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

/// Some quantiles by name; of nothing: none.
boost::json::object quantiles(std::vector<float>& values) {
  boost::json::object found;
  if (values.empty()) return found;
  std::ranges::sort(values);
  for (const auto& [name, share] :
       {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}) {
    found[name] = quantile(values, share);
  }
  return found;
}

boost::json::object to_json(bench::Outcome& outcome) {
  boost::json::object failed;
  for (const auto& [reason, count] : outcome.failed) failed[reason] = count;
  return {{"answered", outcome.answered},
          {"failed", failed},
          {"unanswered", outcome.unanswered},
          {"seconds", outcome.seconds},
          {"body_bytes", outcome.body_bytes},
          {"dialled", outcome.dialled},
          {"cpu_seconds", cpu_seconds()},
          {"latency_us", quantiles(outcome.latencies_us)},
          {"send_lag_us", quantiles(outcome.lags_us)}};
}

bool write_floats(const std::string& file, const std::vector<float>& values) {
  std::ofstream out(file, std::ios::binary);
  for (const float value : values) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(value)>>(value);
    out.write(bytes.data(), bytes.size());
  }
  return !!out.flush();
}

}  // namespace

int main(int count, char** words) {
  bench::Plan plan;
  std::string body_file, latencies_file;
  std::size_t body_bytes = 0;
  CLI::App app(
      "Puts load on an HTTP/1.1 server on 127.0.0.1. With --rate the requests are due at times of their own (open "
      "loop) "
      "and latencies count from then; without, each connection asks as soon as it was answered (closed loop).");
  app.add_option("--port", plan.port, "Port of the server")->required()->check(CLI::Range(1, 65535));
  app.add_option("--host", plan.host, "Host of the requests; {} in it is the number of a function");
  app.add_option("--hosts", plan.hosts, "How many functions")->check(CLI::Range(1, 1'000'000));
  app.add_option("--zipf", plan.zipf, "Exponent of their popularity by Zipf's law; 0: all alike")
      ->check(CLI::Range(0, 10));
  app.add_option("--method", plan.method, "Method");
  app.add_option("--path", plan.path, "Path and query");
  app.add_option("--field", plan.fields, "A field of the head, `name: value`; may be repeated")
      ->allow_extra_args(false);
  auto* file = app.add_option("--body", body_file, "File whose bytes are the body")->check(CLI::ExistingFile);
  app.add_option("--body-bytes", body_bytes, "Length of a made-up body")->excludes(file);
  app.add_option("--expect-bytes", plan.expected_bytes, "An answer whose body has another length has failed");
  app.add_option("--connections", plan.connections, "Connections at the same time")->check(CLI::Range(1, 100'000));
  app.add_option("--pipeline", plan.pipeline, "Requests under way on one connection")->check(CLI::Range(1, 1000));
  app.add_option("--per-connection", plan.per_connection, "Requests after which a connection is closed; 0: never");
  app.add_option("--sources", plan.sources, "Loopback addresses to connect from, in turn")->check(CLI::Range(1, 250));
  app.add_option("--rate", plan.rate, "Requests per second: open loop")->check(CLI::Range(0.0, 1e7));
  app.add_option("--lead-in", plan.lead_in_seconds, "Open loop: seconds at the beginning of which no latency is kept")
      ->check(CLI::Range(0.0, 60.0));
  app.add_option("--latencies", latencies_file, "File for the latencies that were kept: microseconds, 32-bit floats");
  app.add_option("--seconds", plan.seconds, "Time after which it asks no more")->check(CLI::Range(0.0, 86'400.0));
  app.add_option("--count", plan.count, "Requests after which it asks no more");
  CLI11_PARSE(app, count, words);
  if (plan.seconds == 0 && plan.count == 0) {
    std::fprintf(stderr, "peko_load: it would never end: give --seconds, --count or both\n");
    return 2;
  }
  if (plan.rate > 0 && plan.pipeline > 1) {
    std::fprintf(stderr, "peko_load: --pipeline is for the closed loop, without --rate\n");
    return 2;
  }
  if (!body_file.empty()) {
    std::ifstream in(body_file, std::ios::binary);
    plan.body.assign(std::istreambuf_iterator<char>(in), {});
  } else {
    plan.body.assign(body_bytes, 'b');
  }

  raise_descriptors();
  bench::Requests requests(plan);
  auto outcome = bench::Generator(plan, requests).run();
  if (!outcome) {
    std::fprintf(stderr, "peko_load: %s\n", outcome.error().message.c_str());
    return 1;
  }
  if (!latencies_file.empty() && !write_floats(latencies_file, outcome->latencies_us)) {
    std::fprintf(stderr, "peko_load: %s cannot be written\n", latencies_file.c_str());
    return 1;
  }
  std::printf("%s\n", boost::json::serialize(to_json(*outcome)).c_str());
  return 0;
}

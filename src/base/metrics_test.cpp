#include "base/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/metrics_text.hpp"

namespace peko {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::nanoseconds, 3> kBounds{100us, 10ms, 2500ms};

using TestHistogram = Histogram<kBounds>;

TEST(Histogram, CountsEachTimeInTheFirstBucketThatHoldsIt) {
  TestHistogram histogram;
  for (const std::chrono::nanoseconds time : {0ns, 99'999ns, 100'000ns, 100'001ns, 10'000'000ns}) {
    histogram.observe(time);
  }
  histogram.observe(3s);
  histogram.observe(-5ns);  // a clock that is read on two cores may seem to go back
  TestHistogram::Totals totals;
  histogram.add_to(totals);
  EXPECT_EQ(totals.buckets, (std::array<std::uint64_t, 4>{4, 2, 0, 1}));
  EXPECT_EQ(totals.count(), 7U);
  EXPECT_EQ(totals.sum, 99'999ns + 100'000ns + 100'001ns + 10'000'000ns + 3s);
}

TEST(Histogram, OfEachLoopAddsToTheWhole) {
  TestHistogram first;
  TestHistogram second;
  first.observe(1us);
  second.observe(1us);
  second.observe(5s);
  TestHistogram::Totals totals;
  first.add_to(totals);
  second.add_to(totals);
  EXPECT_EQ(totals.buckets, (std::array<std::uint64_t, 4>{2, 0, 0, 1}));
}

TEST(Counter, IsReadWhileItsThreadCounts) {
  constexpr std::uint64_t kCounts = 100'000;
  Counter counter;
  std::thread writer([&counter] {
    for (std::uint64_t i = 0; i < kCounts; ++i) counter.add();
  });
  std::uint64_t before = 0;
  while (before < kCounts) {
    const std::uint64_t now = counter.value();
    ASSERT_GE(now, before);
    before = now;
  }
  writer.join();
  EXPECT_EQ(counter.value(), kCounts);
}

TEST(MetricsText, WritesWhatPrometheusReads) {
  std::string out;
  MetricsText text(out);
  text.metric("peko_requests_total", MetricsText::Kind::Counter, "Requests.");
  text.sample({{"function", "a"}, {"status_class", "2xx"}}, 18'446'744'073'709'551'615U);
  text.sample({}, 0U);
  text.metric("peko_lag", MetricsText::Kind::Gauge, "Lag.");
  text.sample({}, 1500ms);
  EXPECT_EQ(out,
            "# HELP peko_requests_total Requests.\n"
            "# TYPE peko_requests_total counter\n"
            "peko_requests_total{function=\"a\",status_class=\"2xx\"} 18446744073709551615\n"
            "peko_requests_total 0\n"
            "# HELP peko_lag Lag.\n"
            "# TYPE peko_lag gauge\n"
            "peko_lag 1.5\n");
}

TEST(MetricsText, EscapesTheValuesOfLabels) {
  std::string out;
  MetricsText(out).sample({{"function", "a\"b\\c\nd"}}, 1U);
  EXPECT_EQ(out, "{function=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsText, AccumulatesTheBucketsOfAHistogram) {
  HistogramTotals<3> totals{.buckets = {4, 2, 0, 1}, .sum = 3'013ms};
  std::string out;
  MetricsText text(out);
  text.metric("s", MetricsText::Kind::Histogram, "S.");
  text.histogram({{"f", "x"}}, kBounds, totals);
  text.histogram({}, kBounds, totals);
  EXPECT_EQ(out,
            "# HELP s S.\n# TYPE s histogram\n"
            "s_bucket{f=\"x\",le=\"0.0001\"} 4\ns_bucket{f=\"x\",le=\"0.01\"} 6\ns_bucket{f=\"x\",le=\"2.5\"} 6\n"
            "s_bucket{f=\"x\",le=\"+Inf\"} 7\ns_sum{f=\"x\"} 3.013\ns_count{f=\"x\"} 7\n"
            "s_bucket{le=\"0.0001\"} 4\ns_bucket{le=\"0.01\"} 6\ns_bucket{le=\"2.5\"} 6\n"
            "s_bucket{le=\"+Inf\"} 7\ns_sum 3.013\ns_count 7\n");
}

}  // namespace
}  // namespace peko

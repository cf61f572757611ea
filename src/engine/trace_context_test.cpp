#include "engine/trace_context.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace peko::engine {
namespace {

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, IsThatOfTheStandard) {
  for (const std::string_view good :
       {kParent, std::string_view("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
        std::string_view("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")}) {
    EXPECT_TRUE(is_traceparent(good)) << good;
  }
  const std::string_view bad_ones[] = {
      "",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
      "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
  };
  for (const std::string_view bad : bad_ones) EXPECT_FALSE(is_traceparent(bad)) << bad;
}

TEST(TraceContext, IsTakenFromTheFieldsOfARequest) {
  const std::vector<http::Field> fields{
      {"accept", "*/*"}, {"traceparent", kParent}, {"tracestate", "a=1"}, {"tracestate", "b=2"}};
  TraceContext trace;
  trace.assign(fields);
  EXPECT_EQ(trace.parent, kParent);
  EXPECT_EQ(trace.state, "a=1,b=2");
  trace.assign(http::Fields(fields).subspan(2));
  EXPECT_EQ(trace.parent, "");
  EXPECT_EQ(trace.state, "") << "means nothing without its parent";
}

}  // namespace
}  // namespace peko::engine

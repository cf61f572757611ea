/// What is known of a typical request, for those benchmarks that write it down.
#pragma once

#include "edge/request_log.hpp"

namespace peko::bench {

inline constexpr edge::RequestRecord kRequestRecord{.request_id = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10",
                                                    .function = "todo-api",
                                                    .version = 12,
                                                    .method = "GET",
                                                    .target = "/todos/8f14e45f?fields=title,done",
                                                    .peer = "10.0.0.7:51234",
                                                    .status = 200,
                                                    .wall = std::chrono::microseconds(36),
                                                    .cpu = std::chrono::microseconds(24),
                                                    .memory_peak_bytes = 1 << 20,
                                                    .bytes_in = 0,
                                                    .bytes_out = 512};

/// Any time will do, but the length of its text must not change from run to run.
inline constexpr std::chrono::system_clock::time_point kRequestTime{std::chrono::seconds(1'750'000'000)};

}  // namespace peko::bench

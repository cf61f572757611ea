/// LaneStats: what a lane tells of itself, beside its requests.
#pragma once

#include "base/metrics.hpp"
#include "net/lag_probe.hpp"

namespace peko::node {

/// Written by the lane's loop, once a second; any thread may read it.
struct LaneStats {
  net::LoopLag lag;
  Gauge connections;
  Gauge requests;  ///< under way
  Gauge instances_idle;
  Gauge instances_busy;
  Gauge accept_rests;    ///< so far
  Gauge invalid_fields;  ///< so far
};

}  // namespace peko::node

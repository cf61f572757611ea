/// Plan: what the generator of load does, as its flags say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace peko::bench {

struct Plan {
  std::uint16_t port = 0;
  /// Of the requests. `{}` in it is the number of a function, 0 to hosts - 1.
  std::string host = "localhost";
  unsigned hosts = 1;
  /// The exponent of Zipf's law by which the hosts are chosen; 0: all alike.
  double zipf = 0;
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::string> fields;  ///< "name: value"
  std::string body;

  unsigned connections = 64;
  /// Requests under way on one connection (HTTP/1.1 pipelining). Closed loop only.
  unsigned pipeline = 1;
  /// Requests after which a connection is closed and another one made; 0: never.
  std::uint64_t per_connection = 0;
  /// Addresses 127.0.0.1 and up that it connects from, in turn: many short connections need more ports than one has.
  unsigned sources = 1;

  /// Requests per second, at times that do not depend on the answers (open loop). 0: a connection asks as soon as it
  /// was answered (closed loop).
  double rate = 0;
  /// Open loop: latencies of requests that are due before this are not kept; the first ones meet caches that are still
  /// cold.
  double lead_in_seconds = 0.2;
  double seconds = 0;       ///< 0: no end but `count`
  std::uint64_t count = 0;  ///< requests after which it ends; 0: no end but `seconds`
  /// Bytes of each body; an answer with others has failed. Negative: any.
  std::int64_t expected_bytes = -1;
};

}  // namespace peko::bench

/// Fault: why Peko answers a request itself. One table maps it to code, status and text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/outcome.hpp"
#include "http/exchange.hpp"

namespace peko::edge {

enum class Fault : std::uint8_t {
  NoFunction,
  NoAsset,  ///< of a version that has nothing but assets
  BadRequest,
  UriTooLong,
  HeadersTooLarge,
  HeadTimeout,
  Version,
  NotImplemented,
  Expectation,
  BodyTooLarge,
  Cpu,
  Wall,
  Memory,
  Stack,
  Trap,
  Exit,
  NoResponse,
  Exception,
  BadComponent,
  Build,  ///< only in `peko dev`: there is no component, because making it failed
  Overloaded,
  Store,        ///< the function is not loaded, and its code could not be had in time
  Subrequests,  ///< never an answer: the guest was told, and the log tells
  Internal,
};

struct FaultInfo {
  std::string_view code;  ///< stable, for programs: the peko-error field
  unsigned status;
  std::string_view text;         ///< one sentence for the client
  std::string_view setting;      ///< the limit that was crossed, empty when none was
  std::string_view advice = {};  ///< to whoever wrote the function: what to do; empty: the text says it all
};

inline constexpr std::size_t kFaultCount = std::size_t{std::to_underlying(Fault::Internal)} + 1;

const FaultInfo& info(Fault fault);
/// Which row of the table it is: the number of its Fault.
std::size_t index_of(const FaultInfo& info);

/// The fault of a call that ended badly. Requires an outcome other than Ok.
Fault fault_of(engine::Outcome outcome);
Fault fault_of(http::Rejection rejection);

}  // namespace peko::edge

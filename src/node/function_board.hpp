/// FunctionBoard: what operators are told of a node's functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/router.hpp"

namespace peko::node {

struct FunctionView {
  enum class State : std::uint8_t {
    Loaded,     ///< it answers
    NotLoaded,  ///< nobody has asked for it
    Loading,    ///< nothing answers yet
    Failed,     ///< nothing answers, and `error` says why
  };
  edge::Router::Target target = 0;
  std::string name;
  State state = State::NotLoaded;
  std::string error;                                              ///< also: why the newest state is not what serves
  std::uint64_t revision = 0;                                     ///< of what serves; 0: it has none
  std::vector<std::pair<std::uint32_t, std::uint32_t>> versions;  ///< number and weight of what serves
};

/// Any thread.
class FunctionBoard {
 public:
  virtual ~FunctionBoard() = default;
  /// All that can be asked for.
  [[nodiscard]] virtual std::vector<FunctionView> functions() const = 0;
  [[nodiscard]] virtual std::optional<FunctionView> function(std::string_view name) const = 0;
};

}  // namespace peko::node

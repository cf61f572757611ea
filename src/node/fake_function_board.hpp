/// FakeFunctionBoard: functions as a test wants them to be seen.
#pragma once

#include <algorithm>
#include <vector>

#include "node/function_board.hpp"

namespace peko::node {

class FakeFunctionBoard final : public FunctionBoard {
 public:
  [[nodiscard]] std::vector<FunctionView> functions() const override { return views; }
  [[nodiscard]] std::optional<FunctionView> function(std::string_view name) const override {
    const auto at = std::ranges::find(views, name, &FunctionView::name);
    return at == views.end() ? std::nullopt : std::optional(*at);
  }

  std::vector<FunctionView> views;
};

}  // namespace peko::node

/// FixedFunctions: functions that are files, all loaded at the start: what `peko dev` serves.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "code/function.hpp"
#include "node/node_functions.hpp"

namespace peko::node {

struct FixedFunctionsParts {
  ComponentLoader& components;
  const Clock& clock;
  std::string domain;
  std::string default_function;  ///< empty: none
  unsigned compilers;            ///< how many are compiled at once
};

/// Does not change after load(); any thread may read it.
class FixedFunctions final : public NodeFunctions, private FunctionBoard {
 public:
  /// The references in `parts` outlive it. Names are unique.
  FixedFunctions(std::vector<code::Function> functions, FixedFunctionsParts parts)
      : functions_(std::move(functions)), parts_(std::move(parts)) {}

  /// A function that cannot be loaded is reported, and answers PEKO-BAD-COMPONENT.
  Status load(const OnLoaded& on_loaded) override;
  [[nodiscard]] std::shared_ptr<const edge::Router> router() const override;
  void attach(Lanes& lanes) override;
  [[nodiscard]] const FunctionBoard& board() const override { return *this; }

 private:
  [[nodiscard]] std::vector<FunctionView> functions() const override;
  [[nodiscard]] std::optional<FunctionView> function(std::string_view name) const override;

  const std::vector<code::Function> functions_;
  const FixedFunctionsParts parts_;
  std::vector<std::shared_ptr<const pool::Version>> versions_;  // as functions_, by edge::Router::Target
};

}  // namespace peko::node

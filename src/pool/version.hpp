/// Version: one deployed state of a function, as requests see it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/hash.hpp"
#include "code/assets.hpp"
#include "code/function.hpp"
#include "engine/component.hpp"
#include "engine/limits.hpp"
#include "engine/outbound_grant.hpp"
#include "keyvalue/store.hpp"

namespace peko::pool {

/// Immutable and shared by all loops (hence shared_ptr to const wherever it is kept).
struct Version {
  std::string function;
  std::uint32_t number = 0;  ///< of a deployed version, shown as "v12"; 0: none (dev, a dropped component)
  std::shared_ptr<const engine::Component> component;  ///< null: it could not be loaded, and `fault` says why
  std::string fault;
  std::shared_ptr<const code::Assets> assets;  ///< answer before the component; null: there are none
  engine::Limits limits;
  std::shared_ptr<const keyvalue::Owner> key_value;  ///< null: no store
  std::shared_ptr<engine::OutboundGrant> outbound;   ///< counts what is in flight; null: no request is allowed
  code::Reuse reuse = code::Reuse::Auto;
  std::chrono::seconds idle{300};
  code::CodeKind kind = code::CodeKind::Component;
  std::filesystem::path component_file;  ///< or a script's bundle: for finding source lines when it fails
  Digest component_hash{};               ///< of its bytes at that time
  Digest source_map{};                   ///< of a deployed script; zeros: it has none, or one beside its bundle
  std::filesystem::path project;         ///< the folder of its source; empty: that is not on this machine

  /// It has assets and no component.
  [[nodiscard]] bool alone() const { return assets && !component && fault.empty(); }
};

}  // namespace peko::pool

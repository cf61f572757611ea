/// Finding: what one check has found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peko::doctor {

enum class State : std::uint8_t {
  Ok,
  Warn,  ///< works, but less well, or not for everybody
  Fail,  ///< keeps Peko, or the project that was named, from working
};

struct Finding {
  std::string_view area;  ///< "machine"
  std::string subject;    ///< "open files"
  State state = State::Ok;
  std::string detail;  ///< what there is
  std::string fix;     ///< a command, or what else to do; empty when it is Ok
};

using Findings = std::vector<Finding>;

/// "ok", "warn", "fail"
constexpr std::string_view to_string(State state) {
  switch (state) {
    case State::Ok: return "ok";
    case State::Warn: return "warn";
    case State::Fail: break;
  }
  return "fail";
}

}  // namespace peko::doctor

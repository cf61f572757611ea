/// TrapReport: where in its own code a function failed, for the person who wrote it.
///
/// The engine knows functions by name and code by offset. Files and lines are in the debug information of the
/// component, which takes a moment to read; so the report is a line of the log of its own, and may follow the line of
/// its request.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "code/function.hpp"
#include "edge/request_log.hpp"

namespace peko::edge {

/// A place in the source, and the lines around it, that one marked by ">".
struct SourceExcerpt {
  std::string place;  ///< "src/stock.rs:12"
  std::string text;
};

struct TrapReport {
  std::string function;
  std::string request_id;
  std::string_view code;            ///< peko-error, static
  std::string cause;                ///< one line
  std::vector<std::string> frames;  ///< innermost first: "take", or "take at src/stock.rs:12:5"
  SourceExcerpt source;             ///< only in `peko dev`, when it is known
};

/// Where the frames of a report are: in which component, and at which offsets of its bytes (0: not known). Those of a
/// script say their places themselves: `component` is its bundle, and there are no offsets.
struct TrapPlaces {
  code::CodeKind kind = code::CodeKind::Component;
  std::filesystem::path component;
  Digest hash{};
  Digest source_map{};  ///< of a deployed script; zeros: none
  std::vector<std::uint32_t> offsets;
  std::filesystem::path project = {};  ///< the folder of the source; empty: that is not on this machine
  /// Whoever waits for the report, with its excerpt, once it is in the log; called on another thread. Null: nobody.
  std::move_only_function<void(TrapReport)> then = nullptr;
};

/// Finds files and lines and writes the report to the log. Any thread.
class TrapExplainer {
 public:
  /// Takes both, or leaves them alone and returns false when too many reports wait: the caller writes it as it is.
  /// Never blocks.
  virtual bool explain(TrapReport& report, TrapPlaces& places) = 0;

 protected:
  ~TrapExplainer() = default;
};

/// The first line of an engine's message with the reason that the guest gave, if it gave one: "panicked at
/// src/stock.rs:12:5: no stock (wasm trap: wasm `unreachable` instruction executed)".
std::string cause_of(std::string_view message, std::string_view reason);

/// The lines of a script's stack, which follow the first line of an engine's message.
std::vector<std::string> script_frames_of(std::string_view message);

/// The names of the functions in the backtrace of an engine's message.
std::vector<std::string> frames_of(std::string_view message);

/// Appends the report as one line of JSON, or as lines of text, without the last line end.
void append_trap_report(std::string& out, const TrapReport& report, LogStyle style,
                        std::chrono::system_clock::time_point now);

}  // namespace peko::edge

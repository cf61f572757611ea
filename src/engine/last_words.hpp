/// LastWords: the end of what a guest said on stderr, to find out why it failed.
///
/// WebAssembly only knows that an `unreachable` was executed; the reason ("index out of bounds: the len is 3") is what
/// the language's runtime printed just before.
#pragma once

#include <string>
#include <string_view>

namespace peko::engine {

/// Of one call. Costs nothing while the guest says nothing.
class LastWords {
 public:
  static constexpr std::size_t kBytesMax = 4096;     ///< kept, whole lines
  static constexpr std::size_t kLineBytesMax = 512;  ///< of a line, the rest is cut

  void clear() { text_.clear(); }
  void add(std::string_view line);

  /// The reason in one line, empty when there are no words: what a Rust panic or a JavaScript error says of itself,
  /// else the last line that is not part of a stack trace.
  [[nodiscard]] std::string reason() const;

 private:
  std::string text_;  // lines, each with its end
};

}  // namespace peko::engine

/// What a build prints, made fit to be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace peko::cli {

enum class Codes { Drop, KeepColours };
/// Without terminal codes and control characters, but for line ends and tabs; with `KeepColours`, codes that change
/// only how letters look (SGR, ECMA-48 section 8.3.117) stay. What overwrites its line (a progress bar) leaves the last
/// state of it.
std::string shown_output(std::string_view text, Codes codes);

/// The output of a build, the end of it when it is too long: there the errors are.
class BuildOutput {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{256} << 10U;

  void append(std::string_view text);
  /// Removes the whole lines.
  std::string take_lines();
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace peko::cli

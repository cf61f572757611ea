/// Where people read: a stream, and what it can show.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace peko::cli {

/// The process's environment, passed in so that tests can choose it.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Writes text for people. One thread at a time. The stream outlives it.
class Terminal {
 public:
  enum class Kind {
    Plain,        ///< a file or a pipe: text only
    Interactive,  ///< a terminal without colours: lines can be redrawn
    Coloured,     ///< a terminal with colours
  };
  enum class Style { Bold, Dim, Red, Green, Yellow };

  Terminal(std::FILE* stream, Kind kind) : stream_(stream), kind_(kind) {}

  /// What `stream` is: asked of the system, of NO_COLOR (https://no-color.org: set and not empty) and of TERM=dumb.
  static Terminal on(std::FILE* stream, const Environment& environment);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// The stream's file descriptor, for a log that goes to the same place.
  [[nodiscard]] int descriptor() const;

  /// Writes and flushes. A stream that is gone (a closed pipe) swallows the text.
  void write(std::string_view text);

  /// Whether nobody can read what is written any more: the other end of a pipe is closed.
  [[nodiscard]] bool closed() const;

  /// `text` in a style, or as it is when there are no colours.
  [[nodiscard]] std::string styled(Style style, std::string_view text) const;

 private:
  std::FILE* stream_;
  Kind kind_;
};

/// `text` with '?' for control characters other than line ends and tabs: what comes from a file cannot steer the
/// terminal.
std::string printable(std::string_view text);

}  // namespace peko::cli

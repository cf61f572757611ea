/// A stream in memory for tests: what was written to a Terminal.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/assert.hpp"
#include "cli/terminal.hpp"

namespace peko::cli {

/// Backed by a temporary file, so that it has a descriptor.
class Captured {
 public:
  explicit Captured(Terminal::Kind kind = Terminal::Kind::Plain)
      : file_(std::tmpfile(), std::fclose), terminal_(file_.get(), kind) {
    PEKO_ASSERT(file_ != nullptr, "the temporary folder can be written");
  }

  Terminal& terminal() { return terminal_; }

  /// Everything so far, also what went around the terminal to the descriptor.
  [[nodiscard]] std::string text() const {
    std::string bytes(1 << 20, '\0');
    const ssize_t size = ::pread(terminal_.descriptor(), bytes.data(), bytes.size(), 0);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Terminal terminal_;
};

}  // namespace peko::cli

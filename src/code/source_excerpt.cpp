#include "code/source_excerpt.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "code/beneath.hpp"

namespace peko::code {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kLinesBefore = 4;
constexpr unsigned kLinesAfter = 3;
constexpr std::size_t kLineBytesMax = 300;  // a line of a minified file is shown as far as anybody reads
constexpr std::size_t kSourceBytesMax = std::size_t{4} << 20;

bool looks_like_source(const fs::path& file) {
  constexpr std::array<std::string_view, 23> kEndings = {
      ".rs",  ".ts",  ".mts", ".tsx", ".js", ".mjs", ".jsx", ".cjs", ".vue",    ".c",     ".h",  ".cc",
      ".cpp", ".cxx", ".hpp", ".go",  ".py", ".zig", ".cs",  ".mbt", ".svelte", ".astro", ".wit"};
  const bool hidden = std::ranges::any_of(file, [](const fs::path& part) { return part.string().starts_with('.'); });
  return !hidden && std::ranges::find(kEndings, file.extension().string()) != kEndings.end();
}

// Empty when it is no plain file, or too large for what a person has written.
std::string read_all(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<std::uint64_t>(status.st_size) > kSourceBytesMax) return {};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t count = ::read(fd, text.data() + have, text.size() - have);
    if (count <= 0) return {};
    have += static_cast<std::size_t>(count);
  }
  return text;
}

// Cut between characters.
std::string_view shortened(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() <= kLineBytesMax) return line;
  std::size_t end = kLineBytesMax;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end);
}

}  // namespace

std::string source_excerpt(const fs::path& root, const fs::path& file, unsigned line) {
  const fs::path below = (file.is_absolute() ? file.lexically_relative(root) : file).lexically_normal();
  if (root.empty() || line == 0 || below.empty() || *below.begin() == ".." || !looks_like_source(below)) return {};
  const UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return {};
  const UniqueFd source = open_beneath(folder.get(), below.string(), O_RDONLY | O_NONBLOCK);
  if (source.get() < 0) return {};
  const std::string text = read_all(source.get());
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();  // behind the last line end
  if (line > lines.size()) return {};
  const unsigned first = line > kLinesBefore ? line - kLinesBefore : 1;
  const auto last = static_cast<unsigned>(std::min<std::size_t>(lines.size(), std::size_t{line} + kLinesAfter));
  const std::size_t width = std::to_string(last).size();
  std::string excerpt;
  for (unsigned number = first; number <= last; ++number) {
    fmt::format_to(std::back_inserter(excerpt), "{}{} {:>{}} | {}", excerpt.empty() ? "" : "\n",
                   number == line ? '>' : ' ', number, width, shortened(lines[number - 1]));
  }
  return excerpt;
}

}  // namespace peko::code

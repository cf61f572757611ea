#include "node/memory_budget.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "base/text.hpp"

namespace peko::node {

namespace {

constexpr std::size_t kFileBytesMax = 4096;

// The path of this process in the one hierarchy of cgroup v2: the line "0::/path".
std::optional<std::string> own_group(const std::filesystem::path& root) {
  const Result<std::string> text = read_file(root / "proc/self/cgroup", kFileBytesMax);
  if (!text) return std::nullopt;
  for (const std::string_view line : split(*text, '\n')) {
    if (line.starts_with("0::/")) return std::string(line.substr(4));
  }
  return std::nullopt;
}

// The number in a memory.max; nothing for "max", or where there is none.
std::optional<std::uint64_t> limit_of(const std::filesystem::path& group) {
  const Result<std::string> text = read_file(group / "memory.max", kFileBytesMax);
  if (!text) return std::nullopt;
  const std::string_view digits = trim(*text);
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::uint64_t available_memory(const std::filesystem::path& root, std::uint64_t machine_bytes) {
  std::uint64_t least = machine_bytes;
  const std::optional<std::string> group = own_group(root);
  if (!group) return least;
  std::filesystem::path folder = root / "sys/fs/cgroup";
  if (const auto bytes = limit_of(folder)) least = std::min(least, *bytes);
  for (const std::filesystem::path& part : std::filesystem::path(*group)) {
    folder /= part;
    if (const auto bytes = limit_of(folder)) least = std::min(least, *bytes);
  }
  return least;
}

std::uint64_t available_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page_bytes = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
  return available_memory("/", pages * page_bytes);
}

}  // namespace peko::node

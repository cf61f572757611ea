#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/store_options.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

/// An upload that is under way when gc looks has this long to become a version.
constexpr std::chrono::hours kGrace{1};

/// How many keys are shown; the others are counted.
constexpr std::size_t kShownMax = 50;

std::string as_json(const code::Publisher::Collected& collected, bool dry_run) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("dry_run").value(dry_run).key("bytes").value(collected.bytes);
  json.key("keys").begin_array();
  for (const std::string& key : collected.keys) json.value(key);
  json.end_array().end_object();
  return text + "\n";
}

std::string as_text(const code::Publisher::Collected& collected, bool dry_run) {
  if (collected.keys.empty()) return "  nothing to remove\n";
  std::string text;
  for (std::size_t i = 0; i < std::min(collected.keys.size(), kShownMax); ++i) {
    text += fmt::format("  {}\n", printable(collected.keys[i]));
  }
  if (collected.keys.size() > kShownMax) text += fmt::format("  ... and {} more\n", collected.keys.size() - kShownMax);
  return text + fmt::format("  {} {} {}, {}\n", dry_run ? "would remove" : "removed", collected.keys.size(),
                            collected.keys.size() == 1 ? "object" : "objects", human_bytes(collected.bytes));
}

}  // namespace

int collect(const CommandLine& line, const Context& context) {
  using Collect = code::Publisher::Collect;
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  const bool dry_run = line.store.dry_run;
  Progress progress(context.out);
  progress.begin("looking for what nothing needs");
  code::Publisher publisher(*opened->store, context.clock);
  const Result<code::Publisher::Collected> collected =
      publisher.collect(line.store.keep, kGrace, dry_run ? Collect::DryRun : Collect::Remove);
  progress.end();
  if (!collected) return give_up(line, context, collected.error());
  context.out.write(line.print_as == PrintAs::Json ? as_json(*collected, dry_run) : as_text(*collected, dry_run));
  return kExitOk;
}

}  // namespace peko::cli

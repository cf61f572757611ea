#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/deploy_view.hpp"
#include "cli/progress.hpp"
#include "cli/store_options.hpp"
#include "cli/table.hpp"
#include "code/catalog.hpp"
#include "code/publisher.hpp"
#include "node/in_parallel.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

/// So that a line fits into a usual window.
constexpr std::size_t kMessageWidth = 40;

/// Requests to the store at once, when the pointers of all functions are read.
constexpr unsigned kReadersMax = 16;

/// "90 %" of a version that serves, nothing of another.
std::string share_of(code::VersionNumber version, const code::Deployment& now) {
  std::uint32_t all = 0;
  std::optional<std::uint32_t> mine;
  for (const code::WeightedVersion& entry : now.versions) {
    all += entry.weight;
    if (entry.version == version) mine = entry.weight;
  }
  return mine ? fmt::format("{:.3g} %", 100.0 * *mine / all) : "";
}

struct Known {
  code::Deployment now;
  code::Publisher::Versions versions;
};

Result<Known> read_all_of(const std::string& function, code::Publisher& publisher) {
  Result<code::Deployment> now = publisher.current(function);
  if (!now) return fail(std::move(now.error()));
  Result<code::Publisher::Versions> versions = publisher.versions(function);
  if (!versions) return fail(std::move(versions.error()));
  return Known{.now = std::move(*now), .versions = std::move(*versions)};
}

std::string as_text(const Terminal& out, const Known& known, std::chrono::system_clock::time_point time) {
  const code::Deployment& now = known.now;
  std::string text = fmt::format("\n  {}  revision {}", out.styled(Style::Bold, now.function), now.revision);
  if (!now.history.empty()) {
    const code::HistoryEntry& last = now.history.front();
    text +=
        fmt::format(", changed {} by {}", shown_age(last.at, time), printable(shortened(last.author, kMessageWidth)));
    if (!last.message.empty()) text += fmt::format(": {}", printable(shortened(last.message, kMessageWidth)));
  }
  text += now.versions.empty() ? "\n  nothing serves: deploy it, or roll back\n\n" : "\n\n";
  std::vector<std::vector<std::string>> lines = {{"VERSION", "SERVES", "CREATED", "", "SIZE", "AUTHOR", "MESSAGE"}};
  for (const code::VersionRecord& version : known.versions.records) {
    lines.push_back({code::version_name(version.number), share_of(version.number, now), shown_time(version.created),
                     shown_age(version.created, time),
                     human_bytes(version.component_size + (version.assets ? version.assets->bytes : 0)),
                     shortened(version.author, kMessageWidth), shortened(version.message, kMessageWidth)});
  }
  return text + table(out, lines) + "\n";
}

void append_weights(JsonWriter& json, const std::vector<code::WeightedVersion>& versions) {
  json.key("versions").begin_array();
  for (const code::WeightedVersion& entry : versions) {
    json.begin_object().key("version").value(code::version_name(entry.version));
    json.key("weight").value(entry.weight).end_object();
  }
  json.end_array();
}

std::string as_json(const Known& known) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .key("ok")
      .value(true)
      .key("function")
      .value(known.now.function)
      .key("revision")
      .value(known.now.revision);
  json.key("current").begin_object();
  append_weights(json, known.now.versions);
  json.end_object();
  json.key("versions").begin_array();
  for (const code::VersionRecord& version : known.versions.records) {
    json.begin_object().key("version").value(code::version_name(version.number));
    json.key("created").value(iso_time(version.created)).key("author").value(version.author);
    json.key("message").value(version.message);
    if (version.kind != code::CodeKind::None) {
      json.key(word_of(version.kind)).value(hex(version.component)).key("bytes").value(version.component_size);
    }
    if (version.assets) {
      json.key("assets").begin_object().key("files").value(version.assets->files);
      json.key("bytes").value(version.assets->bytes).end_object();
    }
    json.end_object();
  }
  json.end_array().key("history").begin_array();
  for (const code::HistoryEntry& entry : known.now.history) {
    json.begin_object().key("revision").value(entry.revision).key("at").value(iso_time(entry.at));
    json.key("author").value(entry.author).key("message").value(entry.message);
    append_weights(json, entry.versions);
    json.end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const Error& problem : known.versions.problems) json.value(problem.message);
  json.end_array().end_object();
  return text + "\n";
}

int versions_of_one(const CommandLine& line, const Context& context, code::Store& store) {
  code::Publisher publisher(store, context.clock);
  const Result<Known> known = read_all_of(line.store.function, publisher);
  if (!known) return give_up(line, context, known.error());
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(*known));
    return kExitOk;
  }
  context.out.write(as_text(context.out, *known, context.clock.wall_now()));
  for (const Error& problem : known->versions.problems) (void)give_up(line, context, problem);
  return kExitOk;
}

/// A function of the store, with its pointer when it was deployed and not dropped in.
struct Listed {
  code::CatalogEntry entry;
  std::optional<Result<code::Deployment>> now;
};

std::vector<Listed> read_pointers(std::vector<code::CatalogEntry> entries, code::Store& store, const Context& context) {
  std::vector<Listed> all;
  all.reserve(entries.size());
  for (code::CatalogEntry& entry : entries) all.push_back({.entry = std::move(entry), .now = std::nullopt});
  Progress progress(context.out);
  progress.begin(fmt::format("reading {} functions", all.size()));
  std::size_t read = 0;
  node::in_parallel(
      all.size(), kReadersMax,
      [&](std::size_t i) {
        if (all[i].entry.kind == code::CatalogEntry::Kind::Deployed) {
          all[i].now.emplace(code::Publisher(store, context.clock).current(all[i].entry.name));
        }
      },
      [&](std::size_t) { progress.update(fmt::format("reading {} functions, {} done", all.size(), ++read)); });
  return all;
}

std::vector<std::string> row(const Listed& listed, std::chrono::system_clock::time_point time) {
  if (!listed.now) return {listed.entry.name, "a dropped-in component"};
  if (!*listed.now) return {listed.entry.name, "unreadable: " + shortened((*listed.now).error().message, 80)};
  const code::Deployment& now = **listed.now;
  std::vector<std::string> cells = {listed.entry.name,
                                    now.versions.empty() ? "nothing serves" : shown_weights(now.versions),
                                    std::to_string(now.revision)};
  if (!now.history.empty()) {
    cells.push_back(shown_age(now.history.front().at, time));
    cells.push_back(shortened(now.history.front().author, kMessageWidth));
    cells.push_back(shortened(now.history.front().message, kMessageWidth));
  }
  return cells;
}

std::string as_json(const std::vector<Listed>& all, const std::vector<std::string>& problems) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("functions").begin_array();
  for (const Listed& listed : all) {
    json.begin_object().key("function").value(listed.entry.name);
    json.key("dropped").value(!listed.now.has_value());
    if (listed.now && *listed.now) {
      json.key("revision").value((*listed.now)->revision);
      append_weights(json, (*listed.now)->versions);
    } else if (listed.now) {
      json.key("problem").value(listed.now->error().message);
    }
    json.end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const std::string& problem : problems) json.value(problem);
  json.end_array().end_object();
  return text + "\n";
}

int versions_of_all(const CommandLine& line, const Context& context, code::Store& store) {
  Result<code::Catalog> catalog = code::read_catalog(store);
  if (!catalog) return give_up(line, context, catalog.error());
  const std::vector<Listed> all = read_pointers(std::move(catalog->functions), store, context);
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(all, catalog->problems));
    return kExitOk;
  }
  if (all.empty()) {
    context.out.write(
        fmt::format("  {} has no functions yet: peko deploy{}\n", printable(store.shown()), same_store(line)));
  } else {
    std::vector<std::vector<std::string>> lines = {{"FUNCTION", "SERVES", "REVISION", "CHANGED", "AUTHOR", "MESSAGE"}};
    for (const Listed& listed : all) lines.push_back(row(listed, context.clock.wall_now()));
    context.out.write("\n" + table(context.out, lines) + "\n");
  }
  for (const std::string& problem : catalog->problems) (void)give_up(line, context, problem);
  return kExitOk;
}

}  // namespace

int versions(const CommandLine& line, const Context& context) {
  const std::expected<OpenedStore, int> opened = open_store(line, context);
  if (!opened) return opened.error();
  return line.store.function.empty() ? versions_of_all(line, context, *opened->store)
                                     : versions_of_one(line, context, *opened->store);
}

}  // namespace peko::cli

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/store_options.hpp"
#include "code/catalog.hpp"
#include "code/publisher.hpp"

namespace peko::cli {
namespace {

/// The store that the words lead to, when it is a folder: nobody waits for a network to complete a word.
std::unique_ptr<code::Store> folder_store(const CommandLine& line, const Context& context) {
  CommandLine typed = line;
  if (std::string code = value_of_flag(line.words, "--code"); !code.empty()) typed.flags["code"] = std::move(code);
  if (std::string config = value_of_flag(line.words, "--config"); !config.empty()) typed.config = std::move(config);
  const Result<Settings> settings = settings_of(typed, context);
  if (!settings || settings->code.empty() || settings->code.starts_with("s3://")) return nullptr;
  Result<std::unique_ptr<code::Store>> store = context.open_store(settings->code, [](std::string_view) {});
  return store ? std::move(*store) : nullptr;
}

std::vector<std::string> functions_of(code::Store& store) {
  std::vector<std::string> names;
  if (const Result<code::Catalog> catalog = code::read_catalog(store)) {
    for (const code::CatalogEntry& entry : catalog->functions) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> versions_of(const std::string& function, code::Publisher& publisher) {
  std::vector<std::string> names;
  if (const Result<code::Publisher::Versions> versions = publisher.versions(function)) {
    for (const code::VersionRecord& record : versions->records) names.push_back(code::version_name(record.number));
  }
  return names;
}

std::vector<std::string> secrets_of(const std::string& function, code::Publisher& publisher) {
  std::vector<std::string> names;
  if (const Result<code::Deployment> now = publisher.current(function)) {
    for (const auto& [name, sealed] : now->secrets) names.push_back(name);
  }
  return names;
}

std::string_view word_for(Completions::Also also) {
  switch (also) {
    case Completions::Also::Files: return ":files";
    case Completions::Also::Folders: return ":folders";
    case Completions::Also::Nothing: break;
  }
  return ":nothing";
}

}  // namespace

int completion(const CommandLine& line, const Context& context) {
  context.out.write(completion_script(line.tool.shell));
  return kExitOk;
}

int complete_words(const CommandLine& line, const Context& context) {
  std::unique_ptr<code::Store> store;
  const auto with_store = [&](const auto& ask) -> std::vector<std::string> {
    if (!store) store = folder_store(line, context);
    if (!store) return {};
    code::Publisher publisher(*store, context.clock);
    return ask(publisher);
  };
  const Completions found =
      complete(all_commands(), line.words,
               {.functions = [&] { return with_store([&](code::Publisher&) { return functions_of(*store); }); },
                .versions =
                    [&](const std::string& function) {
                      return with_store([&](code::Publisher& publisher) { return versions_of(function, publisher); });
                    },
                .secrets =
                    [&](const std::string& function) {
                      return with_store([&](code::Publisher& publisher) { return secrets_of(function, publisher); });
                    }});
  std::string text;
  for (const Candidate& candidate : found.candidates) {
    text += fmt::format("{}\t{}\n", printable(candidate.word), printable(candidate.about));
  }
  context.out.write(text.append(word_for(found.also)) + "\n");
  return kExitOk;
}

}  // namespace peko::cli

/// Completion: what may stand where a person is typing. The shells ask `peko complete-words`, so that all of them know
/// what this binary knows.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_words.hpp"

namespace peko::cli {

struct Candidate {
  std::string word;
  std::string about;  ///< may be empty
};

struct Completions {
  enum class Also { Nothing, Files, Folders };

  std::vector<Candidate> candidates;
  Also also = Also::Nothing;  ///< what the shell adds by itself
};

/// What only a code store knows. Each may find nothing; none may ask a network.
struct StoreNames {
  std::function<std::vector<std::string>()> functions;
  std::function<std::vector<std::string>(const std::string& function)> versions;
  std::function<std::vector<std::string>(const std::string& function)> secrets;
};

/// For `typed`, the words after `peko`, whose last one is unfinished (empty: a new one). Only candidates that begin
/// like it.
Completions complete(const CommandWords& peko, std::span<const std::string> typed, const StoreNames& store);

/// What was given for a flag in `typed`: `--code /srv/peko`, `--code=/srv/peko`. Empty when it was not.
std::string value_of_flag(std::span<const std::string> typed, std::string_view flag);

/// The script that makes a shell ask: "bash", "zsh" or "fish".
std::string_view completion_script(std::string_view shell);

}  // namespace peko::cli

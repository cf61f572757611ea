#include "cli/completion.hpp"

namespace peko::cli {
namespace {

// What `peko complete-words` answers: a line "WORD<tab>ABOUT" for each candidate, then ":files", ":folders" or
// ":nothing". No candidate begins with ":".

// clang-format off
constexpr std::string_view kBash = R"script(# bash completion of peko. In ~/.bashrc: eval "$(peko completion bash)"
_peko() {
  local words=() word glue= last prefix line also=:nothing kind i
  # bash takes words apart at "=" and ":"; peko gets them whole.
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $word == [=:]* && ${#words[@]} -gt 0 ]]; then
      words[-1]+=$word
      glue=1
    elif [[ -n $glue ]]; then
      words[-1]+=$word
      glue=
    else
      words+=("$word")
    fi
  done
  last=${words[-1]}
  prefix=${last%"${last##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) also=$line ;;
      *) line=${line%%$'\t'*} COMPREPLY+=("${line#"$prefix"}") ;;
    esac
  done < <("${1/#\~/$HOME}" complete-words "${words[@]}" 2>/dev/null)
  case $also in
    :files) kind=-f ;;
    :folders) kind=-d ;;
    *) return ;;
  esac
  compopt -o filenames
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "${last##*=}")
}
complete -F _peko peko
)script";

constexpr std::string_view kZsh = R"script(#compdef peko
# zsh completion of peko. In ~/.zshrc, after compinit: source <(peko completion zsh)
_peko() {
  local -a candidates
  local line also=:nothing
  for line in "${(@f)$("${(Q)words[1]/#\~/$HOME}" complete-words "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :*) also=$line ;;
      ?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe -t words peko candidates
  case $also in
    :files) compset -P '--*='; _files ;;
    :folders) compset -P '--*='; _files -/ ;;
  esac
}
# Read by `source`, this only makes it known; as a file of fpath it is the completion itself.
if [[ ${funcstack[1]} == _peko ]]; then _peko "$@"; else compdef _peko peko; fi
)script";

constexpr std::string_view kFish = R"script(# fish completion of peko. peko completion fish > ~/.config/fish/completions/peko.fish
function __peko_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for line in (command peko complete-words $words[2..-1] "$last" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$last")
            case ':folders'
                __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$last") ''
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c peko -f -a '(__peko_complete)'
)script";
// clang-format on

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : kBash;
}

}  // namespace peko::cli

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/*
 * Each script hands the words so far to `wattlane __complete`, which knows the command tree. It answers a candidate a
 * line, perhaps with a tab and what it is, and last a line that begins with a colon: `:files` and `:dirs` ask for the
 * shell's own completion.
 */

const BASH = `# bash completion of wattlane
_wattlane() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line directive=:none
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "$directive" in
    :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    :dirs) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}
complete -F _wattlane wattlane
`;

const ZSH = `#compdef wattlane
# zsh completion of wattlane
_wattlane() {
  local line directive=:none
  local -a candidates
  while IFS= read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  case "$directive" in
    :files) _files ;;
    :dirs) _files -/ ;;
    *) _describe wattlane candidates ;;
  esac
}
if [ "$funcstack[1]" = _wattlane ]; then _wattlane; else compdef _wattlane wattlane; fi
`;

const FISH = `# fish completion of wattlane
function __wattlane_complete
  set -l words (commandline -opc)
  set -l answer ($words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
  switch "$answer[-1]"
    case :files
      __fish_complete_path (commandline -ct)
    case :dirs
      __fish_complete_directories (commandline -ct)
    case '*'
      printf '%s\\n' $answer[1..-2]
  end
end
complete -c wattlane -f -a '(__wattlane_complete)'
`;

const SCRIPTS: { readonly [S in Shell]: string } = { bash: BASH, zsh: ZSH, fish: FISH };

/** What makes a shell complete this command line. */
export function script(shell: Shell): string {
  return SCRIPTS[shell];
}

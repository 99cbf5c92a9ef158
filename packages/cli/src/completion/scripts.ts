/** The line that asks the shell for the names of files. */
export const FILES = ':files';

/**
 * The completion scripts by shell. Each asks `ctctl __complete` with the words up to the cursor; the answer has a word in
 * each line, and after a tab what it means.
 */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# Completion of ctctl for bash: source <(ctctl completion bash)
_ctctl() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current kept value detail
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="\${words[-1]}"
  # bash replaces only what follows the last = or : of a word.
  kept="\${current%"\${current##*[=:]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r value detail; do
    if [[ $value == ${FILES} ]]; then
      compopt -o default 2> /dev/null
      COMPREPLY=()
      return
    fi
    [[ $value == "$current"* ]] && COMPREPLY+=("\${value#"$kept"}")
  done < <("\${COMP_WORDS[0]}" __complete "\${words[@]:1}" 2> /dev/null)
  # More follows after a field's name and =, so no space is added.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace 2> /dev/null
}
complete -F _ctctl ctctl
`,
  zsh: `#compdef ctctl
# Completion of ctctl for zsh: source <(ctctl completion zsh)
_ctctl() {
  local value detail
  local -a open closed open_shown closed_shown
  while IFS=$'\\t' read -r value detail; do
    if [[ $value == ${FILES} ]]; then
      _files
      return
    fi
    # More follows after a field's name and =, so no space is added.
    if [[ $value == *[=:/] ]]; then
      open+=("$value")
      open_shown+=("$value\${detail:+  -- $detail}")
    else
      closed+=("$value")
      closed_shown+=("$value\${detail:+  -- $detail}")
    fi
  done < <("$words[1]" __complete "\${(@)words[2,CURRENT]}" 2> /dev/null)
  (( \${#open} )) && compadd -l -S '' -d open_shown -- "\${open[@]}"
  (( \${#closed} )) && compadd -l -d closed_shown -- "\${closed[@]}"
}
(( $+functions[compdef] )) && compdef _ctctl ctctl
`,
  fish: `# Completion of ctctl for fish: ctctl completion fish | source
function __ctctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete $words[2..-1] 2> /dev/null)
    if contains -- ${FILES} $found
        __fish_complete_path (commandline -ct)
    else
        string join \\n -- $found
    end
end
complete -c ctctl -f -a '(__ctctl_complete)'
`,
};

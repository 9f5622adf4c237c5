// `./lab completion bash|zsh|fish`: a script that asks `./lab __complete` for every Tab, so that nodes, links and
// scenarios are those of the lab that runs.

import { Argument, type Command } from 'commander';

const SCRIPTS: Record<string, string> = {
  bash: `# ./lab completion bash: add to ~/.bashrc:  eval "$(./lab completion bash)"
_catchment_lab() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then compopt -o default; fi
}
# Names hold hyphens and slashes only: none of them breaks a word in two.
complete -F _catchment_lab lab ./lab`,
  zsh: `# ./lab completion zsh: add to ~/.zshrc, after compinit:  eval "$(./lab completion zsh)"
_catchment_lab() {
  local -a candidates
  candidates=(\${(f)"$("\${words[1]}" __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}"})
  if (( \${#candidates} )); then compadd -Q -- "\${candidates[@]}"; else _files; fi
}
compdef _catchment_lab lab ./lab`,
  fish: `# ./lab completion fish: add to ~/.config/fish/config.fish:  ./lab completion fish | source
function __catchment_lab
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c lab -f -a '(__catchment_lab)'`,
};

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', '\nExamples:\n  eval "$(./lab completion bash)"\n  ./lab completion fish | source')
    .action((shell: string) => {
      process.stdout.write(`${SCRIPTS[shell]}\n`);
    });
}

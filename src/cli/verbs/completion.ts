import { Argument } from 'commander';
import { SHELLS, type Shell, script } from '../completion/scripts.ts';
import type { Verb } from '../session.ts';

const HOW = `
  bash   wattlane completion bash > ~/.local/share/bash-completion/completions/wattlane
  zsh    wattlane completion zsh > "\${fpath[1]}/_wattlane"
  fish   wattlane completion fish > ~/.config/fish/completions/wattlane.fish
`;

/** `completion`: the script that makes a shell complete this command line. */
export const completionVerb: Verb = (program, cli) => {
  const command = program
    .command('completion')
    .description('print what makes your shell complete commands, options, channels and peers')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HOW);
  cli.action(command, async ({ output }, shell: Shell) => {
    output.result({ shell, script: script(shell) }, (made) => [made.script.trimEnd()]);
  });
};

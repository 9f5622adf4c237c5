// `./lab shell NODE`: an interactive shell in a node, its name in the prompt.

import type { Command } from 'commander';
import { cliOf, openLab } from '../context.ts';
import { checkNode } from '../targets.ts';

export function define(command: Command): void {
  command
    .argument('<node>', 'where')
    .addHelpText(
      'after',
      `
On routers and POPs, birdc talks to the node's BIRD: birdc -s "$BIRD_SOCKET" show route

Example:
  ./lab shell pop-fra`,
    )
    .action(async (node: string, _options, self: Command) => {
      const cli = cliOf(self);
      const { lab, status } = await openLab(cli);
      const name = checkNode(status, node);
      cli.output.note(`a shell in ${name} (lab ${lab.name}); exit leaves it`);
      // --norc: the user's own prompt would hide where this shell is.
      const result = await lab.exec(name, ['bash', '--norc', '--noprofile', '-i'], {
        stdio: 'inherit',
        env: { PS1: `${name}# `, BIRD_SOCKET: `${lab.runFolderInside(name)}/bird.ctl` },
      });
      process.exitCode = result.exitCode;
    });
}

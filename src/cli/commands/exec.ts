// `./lab exec NODE -- CMD`: a command in a node's namespaces, with the caller's terminal and the command's exit code.

import type { Command } from 'commander';
import { cliOf, openLab } from '../context.ts';
import { checkNode } from '../targets.ts';

export function define(command: Command): void {
  command
    .argument('<node>', 'where')
    .argument('<command...>', 'what, after --')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The command sees the node's network, /etc/hosts and /etc/resolv.conf, and this machine's files. Its exit code is the
exit code.

Examples:
  ./lab exec london -- dig @resolver www.cdn.test
  ./lab exec tokyo -- traceroute anycast.cdn.test
  ./lab exec t1-fra -- ip route show 192.0.2.0/24`,
    )
    .action(async (node: string, argv: string[], _options, self: Command) => {
      const cli = cliOf(self);
      const { lab, status } = await openLab(cli);
      // passThroughOptions keeps the `--`, so that options of the command are never taken for ours.
      const command = argv[0] === '--' ? argv.slice(1) : argv;
      const result = await lab.exec(checkNode(status, node), command, { stdio: 'inherit' });
      process.exitCode = result.exitCode;
    });
}

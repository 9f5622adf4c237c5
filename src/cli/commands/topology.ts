// `./lab topology validate FILE`: everything that is wrong with a topology, at once, each with its line and a hint.

import type { Command } from 'commander';
import { cliOf } from '../context.ts';

export function define(command: Command): void {
  command.addHelpText('after', '\nExamples:\n  ./lab topology list\n  ./lab topology validate mine.yaml');
  command
    .command('validate')
    .summary('check a topology file; starts nothing')
    .description('Check a topology file and start nothing. All errors are told at once.')
    .argument('<file>', 'a file, or the name of a topology of this project')
    .option('--json', 'as JSON: its counts')
    .addHelpText('after', '\nExample:\n  ./lab topology validate netem/topologies/tiny.yaml')
    .action(async (file: string, _options, self: Command) => {
      const cli = cliOf(self);
      const { loadTopology } = await import('../../topology/io/load-topology.ts');
      const { topology } = loadTopology(file);
      const counts = {
        name: topology.name,
        nodes: topology.nodes.length,
        links: topology.links.length,
        sessions: topology.sessions.length,
        pops: topology.pops.length,
        clients: topology.clients.length,
      };
      if (cli.output.json) cli.output.data(counts);
      else {
        cli.output.print(
          `${file} is a valid topology: ${counts.pops} POPs, ${counts.clients} client locations, ${counts.nodes} nodes, ${counts.links} links, ${counts.sessions} BGP sessions`,
        );
      }
    });
  command
    .command('list')
    .summary('topologies of this project')
    .description('Topologies that ./lab up knows by name.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ./lab topology list')
    .action(async (_options, self: Command) => {
      const cli = cliOf(self);
      const { topologyNames } = await import('../../topology/io/load-topology.ts');
      const names = topologyNames();
      if (cli.output.json) cli.output.data(names);
      else cli.output.print(names.join('\n'));
    });
}

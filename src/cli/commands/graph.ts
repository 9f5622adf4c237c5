// `./lab graph`: the topology as a drawing, of the lab that runs or of a topology that is named.

import { type Command, Option } from 'commander';
import type { ResolvedTopology } from '../../topology/resolved.ts';
import { type Cli, cliOf } from '../context.ts';
import { dotGraph, mermaidGraph } from '../graph-text.ts';

export function define(command: Command): void {
  command
    .argument('[topology]', 'by default that of the lab that runs')
    .addOption(
      new Option('--format <kind>', 'language of the drawing').choices(['dot', 'mermaid']).default('dot'),
    )
    .option('--no-clients', 'routers and POPs only')
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab graph | dot -Tsvg > world.svg\n  ./lab graph tiny --format mermaid',
    )
    .action(
      async (
        name: string | undefined,
        options: { format: 'dot' | 'mermaid'; clients: boolean },
        self: Command,
      ) => {
        const topology = await chooseTopology(cliOf(self), name);
        const draw = options.format === 'dot' ? dotGraph : mermaidGraph;
        process.stdout.write(draw(topology, { clients: options.clients }));
      },
    );
}

async function chooseTopology(cli: Cli, name: string | undefined): Promise<ResolvedTopology> {
  const { findLab, listLabs } = await import('../../deployment/labs.ts');
  if (name === undefined && (cli.labName !== undefined || (await listLabs()).length > 0)) {
    return (await findLab(cli.labName)).topology;
  }
  const { loadTopology } = await import('../../topology/io/load-topology.ts');
  return loadTopology(name ?? 'world').topology;
}

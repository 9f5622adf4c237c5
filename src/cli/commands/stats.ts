// `./lab stats`: what each service takes of the machine, the largest first, and the sum.

import type { Command } from 'commander';
import type { ServiceStats } from '../../runtimes/runtime.ts';
import { cliOf, openLab } from '../context.ts';
import { type Column, formatTable } from '../table.ts';

const CLEAR_SCREEN = '\x1b[H\x1b[2J';

export function define(command: Command): void {
  command
    .option('-w, --watch', 'again and again, until Ctrl-C')
    .option(
      '--json',
      'as JSON: {services: [{node, service, cpuPercent, memoryBytes}], total}; one a line with --watch',
    )
    .addHelpText(
      'after',
      `
Processor time is a share of one core over the last second. Memory is what is a service's own: what processes share is
counted once (netns: PSS; docker: what the container is charged for, without the file cache).

Examples:
  ./lab stats
  ./lab stats --json | jq '.services[] | select(.service == "edge")'`,
    )
    .action(async (options: { watch?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { lab } = await openLab(cli);
      do {
        const stats = await lab.stats();
        // Ctrl-C during the second that it takes: the reader has seen enough.
        if (cli.signal.aborted) return;
        const report = { services: bySize(stats), total: sum(stats) };
        if (!cli.output.json) {
          cli.output.print(
            `${options.watch && process.stdout.isTTY ? CLEAR_SCREEN : ''}${statsTable(stats)}`,
          );
        } else if (options.watch) cli.output.dataLine(report);
        else cli.output.data(report);
      } while (options.watch);
    });
}

const COLUMNS: Column<ServiceStats>[] = [
  // A name that no node has: what serves the whole lab.
  { title: 'NODE', cell: ({ node }) => (node.startsWith('_') ? '(lab)' : node) },
  { title: 'SERVICE', cell: ({ service }) => service },
  { title: 'CPU %', align: 'right', cell: ({ cpuPercent }) => cpuPercent.toFixed(1) },
  { title: 'MEMORY', align: 'right', cell: ({ memoryBytes }) => `${(memoryBytes / 2 ** 20).toFixed(1)} MiB` },
];

/** Pure; the sum is the last line. */
export function statsTable(stats: ServiceStats[]): string {
  const total = { node: 'total', service: `${stats.length} services`, ...sum(stats) };
  return formatTable(COLUMNS, [...bySize(stats), total]);
}

function bySize(stats: ServiceStats[]): ServiceStats[] {
  const name = ({ node, service }: ServiceStats) => `${node}/${service}`;
  return stats.toSorted((a, b) => b.memoryBytes - a.memoryBytes || (name(a) < name(b) ? -1 : 1));
}

function sum(stats: ServiceStats[]): Pick<ServiceStats, 'cpuPercent' | 'memoryBytes'> {
  return {
    cpuPercent: stats.reduce((total, each) => total + each.cpuPercent, 0),
    memoryBytes: stats.reduce((total, each) => total + each.memoryBytes, 0),
  };
}

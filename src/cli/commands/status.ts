// `./lab status`: what is there and how it is, as a table for people and whole as JSON for programs.

import type { Command } from 'commander';
import type { Impairment } from '../../runtimes/lab-plan.ts';
import type { LabStatus, NodeStatus } from '../../runtimes/runtime.ts';
import { cliOf } from '../context.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';

export function define(command: Command): void {
  command
    .option('--links', 'also every link with its delay, loss and rate')
    .option('--json', 'as JSON: {name, topology, runtime, shaping, state, nodes, links, pops}')
    .addHelpText(
      'after',
      "\nExamples:\n  ./lab status\n  ./lab status --json | jq '.pops[] | select(.healthy | not)'",
    )
    .action(async (options: { links?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { findLab } = await import('../../deployment/labs.ts');
      const { lab } = await findLab(cli.labName);
      const status = await lab.status();
      if (cli.output.json) cli.output.data(status);
      else printStatus(cli.output, status, options.links ?? false);
    });
}

export function printStatus(output: Output, status: LabStatus, withLinks: boolean): void {
  const state = output.style(
    status.state === 'ready' ? 'green' : status.state === 'starting' ? 'yellow' : 'red',
    status.state,
  );
  output.print(
    `lab ${status.name}: ${state} (topology ${status.topology}, runtime ${status.runtime}, shaping ${status.shaping}, ${status.nodes.length} nodes, ${status.links.length} links)`,
  );
  output.print('');
  output.print(
    formatTable(
      [
        { title: 'NODE', cell: (node) => node.name },
        { title: 'KIND', cell: (node) => node.kind },
        { title: 'CITY', cell: (node) => node.city },
        { title: 'AS', align: 'right', cell: (node) => String(node.asn) },
        { title: 'ADDRESS', cell: (node) => node.addresses[0] ?? '' },
        { title: 'SERVICES', cell: (node) => services(output, node, status.state === 'dead') },
        { title: 'ANYCAST', cell: (node) => anycast(output, status, node) },
      ],
      status.nodes,
    ),
  );
  if (withLinks) printLinks(output, status);
  const broken = status.links.filter((link) => link.state !== 'up');
  if (!withLinks)
    for (const link of broken) output.print(`link ${link.name}: ${output.style('red', link.state)}`);
  if (status.state === 'dead') {
    output.print(`\n${status.reason ?? 'nothing of it runs any more'}`);
    output.print(`next: ./lab down --name ${status.name}, then ./lab up`);
  }
}

/** Of a dead lab each would say the same, which is said below. */
function services(output: Output, node: NodeStatus, dead: boolean): string {
  const list = node.services.map((service) =>
    service.healthy
      ? service.name
      : output.style('red', dead ? service.name : `${service.name}: ${service.reason ?? service.state}`),
  );
  const failed = node.failed ? [output.style('red', `failed (${node.failed})`)] : [];
  return [...failed, ...list].join(' ');
}

function anycast(output: Output, status: LabStatus, node: NodeStatus): string {
  const pop = status.pops.find((each) => each.name === node.name);
  if (!pop) return '';
  return pop.announced.length > 0 ? pop.announced.join(' ') : output.style('red', 'withdrawn');
}

function printLinks(output: Output, status: LabStatus): void {
  output.print('');
  output.print(
    formatTable(
      [
        { title: 'LINK', cell: (link) => link.name },
        { title: 'STATE', cell: (link) => (link.state === 'up' ? 'up' : output.style('red', link.state)) },
        { title: 'THERE', cell: (link) => impairment(link.aToB) },
        { title: 'BACK', cell: (link) => impairment(link.bToA) },
      ],
      status.links,
    ),
  );
}

function impairment({ delayMs, jitterMs, lossPercent, rateMbit }: Impairment): string {
  return [
    `${Math.round(delayMs * 1000) / 1000} ms`,
    jitterMs ? `± ${jitterMs} ms` : '',
    lossPercent ? `loss ${lossPercent} %` : '',
    rateMbit ? `${rateMbit} Mbit/s` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

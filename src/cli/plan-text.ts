// A lab plan for reading: `./lab up --dry-run`. Pure.

import type { LabPlan } from '../runtimes/lab-plan.ts';
import { formatTable } from './table.ts';

/** The plan with its files; binary ones as their size. */
export function planAsData(plan: LabPlan): unknown {
  const files = plan.files.map((file) =>
    typeof file.content === 'string' ? file : { ...file, content: undefined, bytes: file.content.length },
  );
  return { ...plan, files };
}

export function planAsText(plan: LabPlan): string {
  const nodes = formatTable(
    [
      { title: 'NODE', cell: (node) => node.name },
      { title: 'KIND', cell: (node) => node.kind },
      { title: 'CITY', cell: (node) => node.city },
      { title: 'AS', align: 'right', cell: (node) => String(node.asn) },
      { title: 'ADDRESSES', cell: (node) => node.loopbackAddresses.join(' ') },
      { title: 'PROCESSES', cell: (node) => node.services.map((service) => service.name).join(' ') },
    ],
    plan.nodes,
  );
  const links = formatTable(
    [
      { title: 'LINK', cell: (link) => link.name },
      { title: 'DELAY ms', align: 'right', cell: (link) => String(link.aToB.delayMs) },
      { title: 'JITTER ms', align: 'right', cell: (link) => String(link.aToB.jitterMs ?? 0) },
      { title: 'LOSS %', align: 'right', cell: (link) => String(link.aToB.lossPercent ?? 0) },
    ],
    plan.links,
  );
  const processes = plan.nodes.reduce((sum, node) => sum + node.services.length, 0);
  const files = plan.files.map((file) => `  ${file.path} (${file.content.length})`).join('\n');
  return [
    `lab ${plan.name}: topology ${plan.topology}, seed ${plan.seed}, ${plan.nodes.length} nodes, ${plan.links.length} links, ${processes} processes. Nothing is started.`,
    nodes,
    links,
    `Files (characters):\n${files}`,
  ].join('\n\n');
}

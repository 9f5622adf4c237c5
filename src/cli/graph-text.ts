// A topology as text that Graphviz (DOT) and Mermaid draw: ASes as boxes, links with their one-way delay, solid inside
// an AS and to a customer, dashed between peers. Pure; same topology, same text.

import type { Link, ResolvedTopology } from '../topology/resolved.ts';

export interface GraphOptions {
  clients: boolean;
}

const SHAPES: Record<string, string> = {
  pop: 'doubleoctagon',
  client: 'plaintext',
  ixp: 'hexagon',
  origin: 'cylinder',
  root: 'cylinder',
};

export function dotGraph(topology: ResolvedTopology, options: GraphOptions): string {
  const { groups, links } = visible(topology, options);
  const clusters = [...groups].map(([as, nodes], i) => {
    const lines = nodes.map(
      (node) =>
        `    "${node.name}" [label="${node.name}\\n${node.city.name}" shape=${SHAPES[node.kind] ?? 'box'}];`,
    );
    return [`  subgraph cluster_${i} {`, `    label="${as} AS${nodes[0]?.asn}";`, ...lines, '  }'].join('\n');
  });
  const edges = links.map((link) => {
    const style = isPeering(topology, link) ? ' style=dashed' : '';
    return `  "${link.a.node}" -- "${link.b.node}" [label="${round(link.delayMs)} ms"${style}];`;
  });
  return [
    `graph "${topology.name}" {`,
    '  layout=fdp; overlap=false; splines=true;',
    ...clusters,
    ...edges,
    '}',
    '',
  ].join('\n');
}

export function mermaidGraph(topology: ResolvedTopology, options: GraphOptions): string {
  const { groups, links } = visible(topology, options);
  const clusters = [...groups].map(([as, nodes], i) =>
    [
      `  subgraph as${i}["${as} AS${nodes[0]?.asn}"]`,
      ...nodes.map((node) => `    ${id(node.name)}["${node.name}<br/>${node.city.name}"]`),
      '  end',
    ].join('\n'),
  );
  const edges = links.map((link) => {
    const line = isPeering(topology, link) ? '-.-' : '---';
    return `  ${id(link.a.node)} ${line}|"${round(link.delayMs)} ms"| ${id(link.b.node)}`;
  });
  return ['graph LR', ...clusters, ...edges, ''].join('\n');
}

function visible(topology: ResolvedTopology, { clients }: GraphOptions) {
  const nodes = topology.nodes.filter(
    (node) => clients || (node.kind !== 'client' && node.kind !== 'access'),
  );
  const names = new Set(nodes.map((node) => node.name));
  const links = topology.links.filter((link) => names.has(link.a.node) && names.has(link.b.node));
  return { groups: Map.groupBy(nodes, (node) => node.as), links };
}

function isPeering(topology: ResolvedTopology, link: Link): boolean {
  return topology.sessions.some((session) => session.link === link.name && session.a.neighbourIs === 'peer');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Mermaid ids hold no hyphens reliably. */
function id(name: string): string {
  return name.replaceAll('-', '_');
}

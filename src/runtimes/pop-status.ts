// What `./lab status` says of each POP, read from what its agent says of itself (GET /state): pure.

import type { NodeStatus, PopStatus } from './runtime.ts';

interface AgentState {
  services?: Record<string, { healthy?: boolean; announced?: boolean }>;
}

/** A POP is healthy when all services on it are and its agent finds edge and DNS healthy. */
export function popStatuses(nodes: NodeStatus[]): PopStatus[] {
  return nodes
    .filter((node) => node.kind === 'pop')
    .map((node) => {
      const agent = node.services.find((service) => service.name === 'agent');
      const checked = Object.entries((agent?.detail as AgentState | undefined)?.services ?? {});
      return {
        name: node.name,
        city: node.city,
        healthy:
          !node.failed &&
          node.services.every((service) => service.healthy) &&
          checked.length > 0 &&
          checked.every(([, service]) => service.healthy === true),
        announced: checked
          .filter(([, service]) => service.announced)
          .map(([name]) => `anycast-${name === 'edge' ? 'http' : name}`),
      };
    });
}

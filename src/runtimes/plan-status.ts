// The status of a lab out of its plan and what a runtime found: pure, so that it means the same on every runtime.

import type { LabPlan, PlannedNode } from './lab-plan.ts';
import { popStatuses } from './pop-status.ts';
import type { FailMode, LabStatus, LinkStatus, NodeStatus, ServiceStatus } from './runtime.ts';

export interface Found extends Pick<LabStatus, 'runtime' | 'shaping' | 'startedAt' | 'state' | 'reason'> {
  /** By node. */
  services: Map<string, ServiceStatus[]>;
  links: LinkStatus[];
  /** Target text to how it failed. */
  failures: ReadonlyMap<string, FailMode>;
  /** False when the whole does not work though every service does: no frame passes any link. */
  working: boolean;
}

export function labStatus(plan: LabPlan, found: Found): LabStatus {
  const { runtime, shaping, startedAt, state, reason, links } = found;
  const nodes = plan.nodes.map((node) => nodeStatus(node, found));
  const healthy = found.working && nodes.every((node) => node.services.every((service) => service.healthy));
  return {
    name: plan.name,
    topology: plan.topology,
    runtime,
    shaping,
    state: state === 'ready' && !healthy ? 'degraded' : state,
    ...(reason ? { reason } : {}),
    ...(startedAt ? { startedAt } : {}),
    nodes,
    links,
    pops: popStatuses(nodes),
  };
}

/** What is left of a lab whose processes are gone: its plan, and that nothing of it runs. */
export function deadStatus(
  plan: LabPlan,
  found: Pick<Found, 'runtime' | 'shaping'> & { reason: string },
): LabStatus {
  const { reason } = found;
  const nodes = plan.nodes.map(
    (node): NodeStatus => ({
      ...identity(node),
      addresses: [],
      services: node.services.map(({ name }) => ({
        name,
        state: 'stopped',
        healthy: false,
        restarts: 0,
        reason,
      })),
    }),
  );
  const { name, topology } = plan;
  const { runtime, shaping } = found;
  const pops = popStatuses(nodes);
  return { name, topology, runtime, shaping, state: 'dead', reason, nodes, links: [], pops };
}

function nodeStatus(node: PlannedNode, { services, failures }: Found): NodeStatus {
  const failed = failures.get(node.name);
  const addresses = [...node.loopbackAddresses, ...node.interfaces.flatMap((port) => port.addresses)];
  return {
    ...identity(node),
    addresses: addresses.map((address) => address.split('/')[0] ?? address),
    services: services.get(node.name) ?? [],
    ...(failed ? { failed } : {}),
  };
}

function identity({ name, kind, city, asn }: PlannedNode) {
  return { name, kind, city, asn };
}

// What of a lab can be asked for metrics, read from its plan: every service that answers on a UNIX socket, and which
// client is behind which client network. Input of the metrics gateway (src/metrics), the same on every runtime. Pure.

import { parseAddress } from '../net/ip-address.ts';
import { formatPrefix, maskBytes } from '../net/prefix.ts';
import type { PlannedNode } from './lab-plan.ts';

export interface MetricsTarget {
  node: string;
  /** `pop`, `router`, `access`... */
  nodeKind: string;
  city: string;
  /** `bird`, `dns`, `edge`... */
  service: string;
  /** How it is asked. */
  kind: 'http' | 'bird' | 'unbound';
  /** Path of its UNIX socket, as the gateway sees it. */
  socket: string;
}

/** A network that the services count clients by (a /24 or /48), and whose it is in the lab. */
export interface MetricsClient {
  client: string;
  city: string;
  network: string;
}

/** @param runFolder where the gateway finds a node's sockets: `{run}` of the plan */
export function metricsTargets(
  nodes: readonly PlannedNode[],
  runFolder: (node: string) => string,
): { targets: MetricsTarget[]; clients: MetricsClient[] } {
  return {
    targets: nodes.flatMap((node) =>
      node.services.flatMap(({ name, health }): MetricsTarget[] => {
        if (health.kind === 'running') return [];
        const socket = health.socket.replaceAll('{run}', runFolder(node.name));
        const { name: nodeName, kind: nodeKind, city } = node;
        return [{ node: nodeName, nodeKind, city, service: name, kind: health.kind, socket }];
      }),
    ),
    clients: nodes.filter(({ kind }) => kind === 'client').flatMap(clientNetworks),
  };
}

/** As the edge counts them (edge/client-networks), which sees addresses and no topology. */
function clientNetworks({ name, city, interfaces, loopbackAddresses }: PlannedNode): MetricsClient[] {
  const addresses = [...loopbackAddresses, ...interfaces.flatMap((each) => each.addresses)];
  const networks = addresses.flatMap((text) => {
    const bytes = parseAddress(text.split('/')[0] ?? '');
    // Link-local (RFC 4291 section 2.5.6): every node has the same.
    if (!bytes || (bytes[0] === 0xfe && bytes[1] === 0x80)) return [];
    const length = bytes.length === 4 ? 24 : 48;
    return [formatPrefix({ bytes: maskBytes(bytes, length), length })];
  });
  return [...new Set(networks)].map((network) => ({ client: name, city, network }));
}

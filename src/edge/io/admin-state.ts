// The parts of an edge as the admin server's subject: what it says of its state, which the lab reads too, with what the
// edge's operations add.

import type { CollapsedForwarding } from '../collapsed-forwarding.ts';
import type { EdgeMetrics } from '../metrics.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type EdgeDetails, prometheusText } from './admin-metrics.ts';
import type { AdminSubject } from './admin-subject.ts';

export interface AdminContext {
  pop: string;
  metrics: EdgeMetrics;
  store: Pick<ObjectStore, 'objects' | 'bytes' | 'stats'>;
  collapsed: Pick<CollapsedForwarding, 'inFlight'>;
  /** As of now; without it the edge is never drained. */
  isDraining?: (() => boolean) | undefined;
  /** Further members of /state; what of them are figures is in /metrics too. */
  details?: (() => EdgeDetails) | undefined;
  /** What this edge offers besides telling. */
  operations?: Omit<AdminSubject, 'healthz' | 'state' | 'metrics'> | undefined;
}

export function adminSubject(context: AdminContext): AdminSubject {
  const { pop, metrics, store, collapsed, isDraining, details } = context;
  let render: Promise<() => Promise<string>> | undefined;
  return {
    ...context.operations,
    // The process is well while it drains: whoever restarts what is unhealthy must not restart it then.
    healthz: () => ({ status: isDraining?.() ? 'draining' : 'ok' }),
    state() {
      const { hit, stale, revalidated, miss, collapsed: joined } = metrics.requests;
      const cacheable = hit + stale + revalidated + miss + joined;
      return {
        pop,
        objects: store.objects,
        bytes: store.bytes,
        inFlight: collapsed.inFlight,
        requests: metrics.requests,
        hitRatio: cacheable === 0 ? null : (hit + stale) / cacheable,
        connections: metrics.connections,
        badRequests: Object.fromEntries(metrics.badRequests),
        ...details?.(),
      };
    },
    async metrics() {
      render ??= prometheusText({ pop, metrics, store, details });
      return { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: await (await render)() };
    },
  };
}

// Puts the parts together and listens. Used by main.ts and by tests alike; the only place that knows all parts.

import { access } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenOn } from '../../net/io/listen.ts';
import { addressKinds } from '../client-networks.ts';
import type { EdgeConfig } from '../config.ts';
import { countUpstream, createMetrics, type EdgeMetrics } from '../metrics.ts';
import { createPipeline } from '../request-pipeline.ts';
import { createLruStore } from '../store/lru-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { createAdminServer } from './admin-server.ts';
import { createEdgeServer } from './http-listener.ts';
import { createUndiciUpstream } from './undici-upstream.ts';

export interface RunningEdge {
  /** Where it listens, in the order of the configuration (port 0 replaced by the real one). */
  addresses: AddressInfo[];
  adminAddress: AddressInfo | undefined;
  metrics: EdgeMetrics;
  store: ObjectStore;
  /** Stops listening, lets responses under way finish for at most `graceMs`, then closes everything. */
  close(graceMs?: number): Promise<void>;
}

export interface EdgeOptions {
  /** Milliseconds since the epoch; tests move it. */
  now?: () => number;
  onError?: (error: unknown) => void;
}

/** @throws UserError when an address cannot be listened on. */
export async function startEdge(config: EdgeConfig, options: EdgeOptions = {}): Promise<RunningEdge> {
  const pseudonym = `catchment-${config.pop}`;
  const metrics = createMetrics();
  const store = createLruStore(config.cacheBytes);
  const upstream = createUndiciUpstream(config);
  const pipeline = createPipeline({
    upstream,
    store,
    now: options.now ?? Date.now,
    onHead: (status, seconds) => countUpstream(metrics, status, seconds),
    pseudonym,
    originHost: config.origin.forwardHost ? undefined : config.origin.host,
  });
  const { drainFile } = config;
  const listener = {
    pop: config.pop,
    pseudonym,
    pipeline,
    metrics,
    addressKind: addressKinds(config),
    isDraining: async () => drainFile !== undefined && (await exists(drainFile)),
    onError: options.onError ?? (() => {}),
  };
  const servers: Server[] = [];
  const close = async (graceMs = 0) => {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of servers) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(timer);
    await upstream.close();
  };
  const adminContext = { pop: config.pop, metrics, store, collapsed: pipeline.collapsed };
  try {
    const addresses: AddressInfo[] = [];
    for (const endpoint of config.listen) {
      const server = createEdgeServer(listener);
      addresses.push(await listenOn(server, endpoint));
      servers.push(server);
    }
    let adminAddress: AddressInfo | undefined;
    if (config.admin) {
      const server = createAdminServer(adminContext);
      adminAddress = await listenOn(server, config.admin);
      servers.push(server);
    }
    return { addresses, adminAddress, metrics, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

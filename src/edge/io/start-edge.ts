// Puts the parts together and listens. Used by main.ts and by tests alike; the only place that knows all parts.

import { randomInt, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenOn } from '../../net/io/listen.ts';
import { addressKinds } from '../client-networks.ts';
import { EncodedVariants } from '../compress/encoded-variants.ts';
import type { EdgeConfig } from '../config.ts';
import { traceGate } from '../explain-config.ts';
import { TraceLog } from '../explain-log.ts';
import { DEFAULT_HTTP1_LIMITS } from '../http1/limits.ts';
import { RouteLimits } from '../limit/route-limits.ts';
import { countUpstream, createMetrics, type EdgeMetrics } from '../metrics.ts';
import { compileRoutes } from '../policy/match.ts';
import { resolveRoutes } from '../policy/policy-config.ts';
import { VariantWatch } from '../policy/variant-watch.ts';
import { createPipeline } from '../request-pipeline.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { forwardedPolicy } from '../upstream/forwarded.ts';
import { pseudonymOf } from '../upstream/upstream-config.ts';
import { accessLogEntry } from './access-log-entry.ts';
import { createAdminServer } from './admin-server.ts';
import { createEdgeServer, type EdgeServer } from './http-listener.ts';
import { operationsOf } from './operations.ts';
import { startUpstream } from './upstream-start.ts';

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
  /** What happened, for the log. */
  onEvent?: (event: string, details: object) => void;
}

/** @throws UserError when an address cannot be listened on, or a file cannot be had. */
export async function startEdge(config: EdgeConfig, options: EdgeOptions = {}): Promise<RunningEdge> {
  const now = options.now ?? Date.now;
  const onEvent = options.onEvent ?? (() => {});
  const pseudonym = pseudonymOf(config.peers?.self ?? config.pop);
  const metrics = createMetrics();
  const store = createMemoryStore({ cacheBytes: config.cacheBytes, policy: config.eviction, now });
  const upstream = startUpstream(config, config.pop);
  const routes = compileRoutes(resolveRoutes(config.routes));
  const seed = randomInt(2 ** 32);
  const site = { originHost: config.origin.host, forwardHost: config.origin.forwardHost };
  const traces = new TraceLog(config.trace.keep);
  const pipeline = createPipeline({
    upstream,
    store,
    now,
    onHead: (status, seconds) => countUpstream(metrics, status, seconds),
    pseudonym,
    site,
    routes,
    limits: new RouteLimits(seed),
    variants: new EncodedVariants(store, async (stored, coding) => {
      const { compressStored } = await import('./compress-body.ts');
      return compressStored(stored, coding);
    }),
    watch: new VariantWatch((report) => onEvent('vary-explodes', report), seed),
    traces: { log: traces, allowed: traceGate(config.trace.allow), sample: config.trace.sample },
    forwarded: forwardedPolicy(config.forwarded),
    requestId: randomUUID,
  });
  const { drainFile } = config;
  const isDraining = () => drainFile !== undefined && existsSync(drainFile);
  const accessLog =
    config.accessLog &&
    (await import('./access-log-writer.ts').then(({ openAccessLog }) =>
      openAccessLog(config.accessLog as NonNullable<typeof config.accessLog>, onEvent),
    ));
  const listener = {
    pop: config.pop,
    pseudonym,
    pipeline,
    metrics,
    addressKind: addressKinds(config),
    isDraining: async () => isDraining(),
    onError: options.onError ?? (() => {}),
    limits: { ...DEFAULT_HTTP1_LIMITS, ...defined(config.limits) },
    ...(accessLog && {
      accessLog: (
        record: Parameters<NonNullable<Parameters<typeof createEdgeServer>[0]['accessLog']>>[0],
      ) => {
        if (accessLog.wants()) accessLog.add(accessLogEntry(record));
      },
    }),
  };
  const servers: (Server | EdgeServer)[] = [];
  const operations = await operationsOf({
    config,
    store,
    collapsed: pipeline.collapsed,
    pipeline,
    traces,
    site,
    routes,
    now,
    onEvent,
  });
  const close = async (graceMs = 0) => {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of servers) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(timer);
    await operations.close();
    await upstream.close();
    await accessLog?.close();
  };
  try {
    const addresses: AddressInfo[] = [];
    for (const endpoint of config.listen) {
      const server = createEdgeServer(listener);
      addresses.push(await listenOn(server, endpoint));
      servers.push(server);
    }
    let adminAddress: AddressInfo | undefined;
    if (config.admin) {
      const server = createAdminServer(
        {
          pop: config.pop,
          metrics,
          store,
          collapsed: pipeline.collapsed,
          isDraining,
          moreState: () => ({
            store: store.stats(),
            ...(upstream.report && { upstream: upstream.report() }),
            ...operations.state(),
          }),
          operations: {
            ...operations.subject,
            ...(drainFile !== undefined && {
              drain: async (on: boolean) => (on ? writeFile(drainFile, '') : rm(drainFile, { force: true })),
            }),
          },
        },
        config.admin,
      );
      adminAddress = await listenOn(server, config.admin);
      servers.push(server);
    }
    return { addresses, adminAddress, metrics, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Without what is not set, which would replace a default. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

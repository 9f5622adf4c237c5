// Puts the parts together and listens. Used by main.ts and by tests alike; the only place that knows all parts.

import { randomInt, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Problem, UserError } from '../../base/errors.ts';
import { listenOn } from '../../net/io/listen.ts';
import { addressKinds } from '../client-networks.ts';
import { EncodedVariants } from '../compress/encoded-variants.ts';
import type { EdgeConfig } from '../config.ts';
import type { EdgeRequest } from '../edge-request.ts';
import { TraceLog } from '../explain-log.ts';
import { DEFAULT_HTTP1_LIMITS } from '../http1/limits.ts';
import { countUpstream, createMetrics, type EdgeMetrics } from '../metrics.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import { VariantWatch } from '../policy/variant-watch.ts';
import { createPipeline } from '../request-pipeline.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { pseudonymOf } from '../upstream/upstream-config.ts';
import type { Upstream } from '../upstream.ts';
import { accessLogEntry } from './access-log-entry.ts';
import { type AdminContext, createAdminServer, createPurgeServer } from './admin-server.ts';
import { createEdgeServer, type EdgeServer } from './http-listener.ts';
import { edgeName, fixedChanges, liveParts } from './live-config.ts';
import { openStore } from './open-store.ts';
import { operationsOf } from './operations.ts';

export interface RunningEdge {
  /** Where it listens, in the order of the configuration (port 0 replaced by the real one). */
  addresses: AddressInfo[];
  adminAddress: AddressInfo | undefined;
  /** Where peers purge. */
  purgeAddress: AddressInfo | undefined;
  metrics: EdgeMetrics;
  store: ObjectStore;
  /** Reads the configuration again; what is wrong with it leaves everything as it was. */
  reload(): Promise<ReloadReport>;
  /** Stops listening, lets responses under way finish for at most `graceMs`, then closes everything. */
  close(graceMs?: number): Promise<void>;
}

export interface ReloadReport {
  ok: boolean;
  problems: Problem[];
}

export interface EdgeOptions {
  /** For reloads: the configuration as it is now. */
  readConfig?: () => Promise<EdgeConfig>;
  /** Milliseconds since the epoch; tests move it. */
  now?: () => number;
  onError?: (error: unknown) => void;
  /** What happened, for the log. */
  onEvent?: (event: string, details: object) => void;
}

/** As many as Linux grants by default: a crowd that comes at once waits milliseconds, and not the second of a lost SYN. */
const CLIENT_BACKLOG = 4096;

/** @throws UserError when an address cannot be listened on, or a file cannot be had. */
export async function startEdge(started: EdgeConfig, options: EdgeOptions = {}): Promise<RunningEdge> {
  let config = started;
  const now = options.now ?? Date.now;
  const onEvent = options.onEvent ?? (() => {});
  const pseudonym = pseudonymOf(edgeName(config));
  const metrics = createMetrics();
  const opened = await openStore(config, now, onEvent);
  const { store } = opened;
  const seed = randomInt(2 ** 32);
  const traces = new TraceLog(config.trace.keep);
  const watch = new VariantWatch((report) => {
    metrics.varyExplosions++;
    onEvent('vary-explodes', report);
  }, seed);
  const live: PipelineOptions = {
    ...liveParts(config, seed, traces),
    store,
    now,
    onHead: (status, seconds) => countUpstream(metrics, status, seconds),
    pseudonym,
    variants: new EncodedVariants(store, async (stored, coding) => {
      const { compressStored } = await import('./compress-body.ts');
      return compressStored(stored, coding);
    }),
    compressStream: (reader, coding) => {
      const coded = import('./compress-body.ts').then(({ compressStream }) => compressStream(reader, coding));
      return {
        next: async () => (await coded).next(),
        cancel: () => void coded.then((inner) => inner.cancel()),
      };
    },
    watch,
    requestId: randomUUID,
  };
  const pipeline = createPipeline(live);
  /** Replaced by reloads, with requests that are not over. */
  const former = new Set<Upstream>();

  async function reload(): Promise<ReloadReport> {
    let problems: readonly Problem[] = [{ message: 'this edge was not started from a file' }];
    try {
      const wanted = await options.readConfig?.();
      if (wanted) problems = fixedChanges(config, wanted);
      if (wanted && problems.length === 0) {
        const { upstream } = live;
        Object.assign(live, liveParts(wanted, seed, traces));
        config = wanted;
        // What is under way there comes to its end.
        former.add(upstream);
        void upstream.close(true).then(() => former.delete(upstream));
      }
    } catch (error) {
      problems = error instanceof UserError ? error.problems : [{ message: String(error) }];
    }
    // Whoever rotates logs sends SIGHUP.
    await accessLog?.reopen();
    const report = { ok: problems.length === 0, problems: [...problems] };
    onEvent(report.ok ? 'reloaded' : 'not-reloaded', report);
    return report;
  }

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
    maxBodyBytes: ({ authority, pathAndQuery }: EdgeRequest) =>
      live.routes.match(authority, pathAndQuery).maxBodyBytes,
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
    flushed: opened.flushed,
    held: opened.objects,
    collapsed: pipeline.collapsed,
    pipeline,
    traces,
    live,
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
    await Promise.all([live.upstream, ...former].map((upstream) => upstream.close()));
    await opened.close(graceMs);
    await accessLog?.close();
  };
  try {
    const addresses: AddressInfo[] = [];
    for (const endpoint of config.listen) {
      const server = createEdgeServer(listener);
      addresses.push(await listenOn(server, endpoint, CLIENT_BACKLOG));
      servers.push(server);
    }
    const adminContext: AdminContext = {
      pop: config.pop,
      metrics,
      store,
      collapsed: pipeline.collapsed,
      isDraining,
      details: () => ({
        store: { ...opened.state(), maxObjectBytes: store.maxObjectBytes },
        ...(accessLog && { accessLog: { droppedLines: accessLog.droppedLines } }),
        ...(live.upstream.report && { upstream: live.upstream.report() }),
        varying: watch.report(10),
        ...operations.state(),
      }),
      operations: {
        ...operations.subject,
        reload,
        ...(drainFile !== undefined && {
          drain: async (on: boolean) => (on ? writeFile(drainFile, '') : rm(drainFile, { force: true })),
        }),
      },
    };
    let adminAddress: AddressInfo | undefined;
    if (config.admin) {
      const server = createAdminServer(adminContext, config.admin);
      adminAddress = await listenOn(server, config.admin);
      servers.push(server);
    }
    let purgeAddress: AddressInfo | undefined;
    if (config.purge.listen) {
      const server = createPurgeServer(adminContext, config.purge.peers);
      purgeAddress = await listenOn(server, config.purge.listen);
      servers.push(server);
    }
    return { addresses, adminAddress, purgeAddress, metrics, store, reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Without what is not set, which would replace a default. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

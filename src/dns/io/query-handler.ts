// A thread's handler of queries: the pipeline, with the clock and the randomness that it takes as arguments, and the messages
// by which the main thread tells a worker what has changed between two loads.

import { allSteps } from '../../base/all-steps.ts';
import { OnlineSigner } from '../dnssec/online-signer.ts';
import { Metrics, type MetricsCopy } from '../metrics.ts';
import { createQueryLogBuffer, type QueryLogBuffer } from '../query-log.ts';
import { type Clock, QueryPipeline, tableOfNames } from '../query-pipeline.ts';
import { RateLimiter, type RateTable } from '../rate-limit.ts';
import type { OutsideAddresses, ServerData } from '../server-state.ts';
import type { RttOverlay } from '../steering/rtt-overlay.ts';
import type { SteeringSnapshot } from '../steering/snapshot.ts';
import { Steering } from '../steering/steering.ts';
import type { Name } from '../wire/name.ts';
import { TsigHandler } from '../zone/tsig-handler.ts';
import { findZone } from '../zone/zone.ts';
import type { PacketHandler } from './listener.ts';

/** What changes between two loads; all of it plain data. */
export interface Changes {
  snapshot?: SteeringSnapshot;
  rtts?: RttOverlay;
  outside?: ReadonlyMap<Name, OutsideAddresses>;
}

/** All that a thread begins with. */
export interface HandlerSetup {
  data: ServerData;
  changes: Changes;
  /** The process's, so that threads limit together, and a reload forgives nobody. */
  rateTable: RateTable;
  queryLog?: { every: number; wholeAddresses: boolean; counters: Int32Array };
}

/** What a handler has to say to the main thread. */
export type HandlerMessage =
  | { kind: 'query-log'; chunk: string }
  | { kind: 'internal-error'; error: string; packet: string };

export interface QueryHandler extends PacketHandler {
  apply(changes: Changes): void;
  counters(): MetricsCopy;
  /** Hands on what is left of the query log. */
  end(): void;
  readonly steering: Steering;
}

/** `metrics` go on counting where the handler before left them. */
export function createQueryHandler(
  setup: HandlerSetup,
  say: (message: HandlerMessage) => void,
  metrics = new Metrics(),
): QueryHandler {
  return allSteps(buildQueryHandler(setup, say, metrics));
}

/** The same in steps, for a thread that answers queries meanwhile. */
export function* buildQueryHandler(
  setup: HandlerSetup,
  say: (message: HandlerMessage) => void,
  metrics: Metrics,
): Generator<void, QueryHandler> {
  const { data, queryLog } = setup;
  const names = yield* tableOfNames(data.zones);
  const steering = new Steering(data.steering);
  let log: QueryLogBuffer | undefined;
  if (queryLog) {
    const hand = (chunk: string) => say({ kind: 'query-log', chunk });
    log = createQueryLogBuffer(hand, queryLog.counters, queryLog);
  }
  const signer =
    data.signing &&
    new OnlineSigner(data.signing.keys, {
      ...data.signing,
      zoneOf: (name, type) => findZone(data.zones, name, type),
    });
  const pipeline = new QueryPipeline({
    data,
    names,
    steering,
    metrics,
    clock: systemClock,
    ...(data.rateLimit && { rateLimiter: new RateLimiter(data.rateLimit, setup.rateTable) }),
    ...(signer && { signer }),
    ...(log && queryLog && { queryLog: { every: queryLog.every, add: log.add } }),
    onInternalError: (error, packet) =>
      say({
        kind: 'internal-error',
        error: (error as Error).stack ?? String(error),
        packet: packet.toString('hex', 0, 512),
      }),
  });
  const apply = ({ snapshot, rtts, outside }: Changes) => {
    if (snapshot) steering.setSnapshot(snapshot);
    if (rtts) steering.setRtts(rtts);
    if (outside) pipeline.setOutsideAddresses(outside);
  };
  apply(setup.changes);
  const { epochSeconds } = systemClock;
  const [made, reused] = [metrics.families.signatures.of('made'), metrics.families.signatures.of('reused')];
  const [madeBefore, reusedBefore] = [made.count, reused.count];
  const handler: PacketHandler = data.tsig
    ? new TsigHandler(pipeline, {
        ...data.tsig,
        epochSeconds,
        mayRefuse: (source) => pipeline.mayRefuse(source),
      })
    : pipeline;
  return {
    handle: (packet, length, source, transport, out) =>
      handler.handle(packet, length, source, transport, out),
    transfer: (packet, length, source) => handler.transfer(packet, length, source),
    apply,
    end: () => log?.flush(Date.now(), true),
    counters: () => {
      log?.flush(Date.now());
      if (signer) {
        made.count = madeBefore + signer.cache.counters.made;
        reused.count = reusedBefore + signer.cache.counters.reused;
      }
      return metrics.copy();
    },
    steering,
  };
}

/** `performance.now()` begins with each thread, the machine's own monotonic clock is the same for all. */
const threadStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

const systemClock: Clock = {
  monotonicMs: () => threadStartMs + performance.now(),
  epochSeconds: () => Math.floor(Date.now() / 1000),
};

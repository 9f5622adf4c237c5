// Asks the other servers what they see, and keeps each one's last view until it expires.

import { deriveSeed, seededRandom } from '../../base/random.ts';
import type { QuorumConfig } from '../health/health-config.ts';
import { type HealthView, parseHealthView } from '../health/health-view.ts';
import type { View } from '../health/quorum.ts';
import { httpGet, type SourceAddresses } from './http-get.ts';
import type { Log } from './log.ts';
import { repeat } from './repeat.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface QuorumDeps {
  /** For the other servers' admin ports. */
  token: string | undefined;
  sourceAddresses: SourceAddresses;
  /** For the first polls' moments. */
  seed: number;
  monotonicMs: () => number;
  /** Called after each poll, also a failed one: it may have let a view expire. It must not throw. */
  onViews: () => void;
  log: Log;
}

export interface PeerReport {
  url: string;
  server?: string;
  heardSecondsAgo?: number;
  error?: string;
}

export interface QuorumPoller {
  /** One for each server; undefined where none was heard lately, or it does not check this POP. */
  views(pop: string): (View | undefined)[];
  report(): PeerReport[];
  stop(): void;
}

interface Peer {
  url: string;
  heard?: { view: HealthView; atMs: number };
  error?: string;
  /** By POP, as of the last poll, right until the next. */
  views: ReadonlyMap<string, View>;
}

export function startQuorumPolls(config: QuorumConfig, deps: QuorumDeps): QuorumPoller {
  const { monotonicMs } = deps;
  const intervalMs = config.intervalSeconds * 1000;
  const peers: Peer[] = config.servers.map((url) => ({ url, views: new Map() }));
  const loops = peers.map((peer) => {
    const random = seededRandom(deriveSeed(deps.seed, peer.url));
    const poll = async (stopped: AbortSignal) => {
      await ask(peer, config.timeoutSeconds * 1000, stopped, deps);
      if (stopped.aborted) return;
      peer.views = viewsOf(peer.heard, config, monotonicMs());
      deps.onViews();
    };
    return repeat(poll, intervalMs, random() * Math.min(1000, intervalMs));
  });
  return {
    views: (pop) => peers.map((peer) => peer.views.get(pop)),
    report: () =>
      peers.map(({ url, heard, error }) => ({
        url,
        ...(heard && { server: heard.view.server, heardSecondsAgo: (monotonicMs() - heard.atMs) / 1000 }),
        ...(error !== undefined && { error }),
      })),
    stop: () => {
      for (const loop of loops) loop.stop();
    },
  };
}

async function ask(
  peer: Peer,
  timeoutMs: number,
  signal: AbortSignal,
  { token, sourceAddresses, monotonicMs, log }: QuorumDeps,
): Promise<void> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const options = { timeoutMs, sourceAddresses, maxBodyBytes: MAX_BODY_BYTES, signal, headers };
    const { status, body } = await httpGet(peer.url, options);
    if (status !== 200) throw new Error(`HTTP ${status}`);
    peer.heard = { view: parseHealthView(body.toString('utf8')), atMs: monotonicMs() };
    if (peer.error !== undefined) log.info(`the view of ${peer.url} is back`);
    peer.error = undefined;
  } catch (error) {
    if (signal.aborted) return;
    const reason = ((error as Error).message.split('\n')[0] ?? '').slice(0, 200);
    if (peer.error === undefined) log.warn(`no view from ${peer.url}`, { reason });
    peer.error = reason;
  }
}

/** Ages are ours, by a monotonic clock: nobody's wall clock is asked. */
function viewsOf(heard: Peer['heard'], config: QuorumConfig, nowMs: number): Map<string, View> {
  const ageMs = heard ? nowMs - heard.atMs : Number.POSITIVE_INFINITY;
  if (!heard || ageMs >= config.expireSeconds * 1000) return new Map();
  // They are read until the next poll's result: nothing may be promised for the time until then.
  const usedMs = ageMs + (config.intervalSeconds + config.timeoutSeconds) * 1000;
  return new Map(
    heard.view.pops.map(({ name, health, secondsToChange }) => [
      name,
      {
        health,
        secondsToChange: wholeSeconds(secondsToChange * 1000 - usedMs),
        secondsToExpiry: wholeSeconds(config.expireSeconds * 1000 - usedMs),
      },
    ]),
  );
}

/** Rounded down, so that two polls a millisecond apart do not make two snapshots. */
function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

// Looks up the addresses of ALIAS targets outside our zones, again and again, so that answering one never waits: answers
// are made from what was last seen. Each target is asked for again when its TTL has passed (within bounds); when that
// fails the last good addresses stay, and their age is reported.

import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseAddress } from '../../net/ip-address.ts';
import { formatName, type Name } from '../wire/name.ts';
import type { Log } from './log.ts';

/** More often than this nobody's addresses change on purpose; less often a change goes unseen for too long. */
const MIN_REFRESH_SECONDS = 5;
const MAX_REFRESH_SECONDS = 300;
const TIMEOUT_MS = 2000;
const TRIES = 2;

/** Addresses of a target as last looked up: plain data, for every thread. */
export interface TargetAddresses {
  ipv4: readonly Uint8Array[];
  ipv6: readonly Uint8Array[];
  /** For answers: the least of the records' TTLs, and of the bounds. */
  ttlSeconds: number;
}

export interface AliasStatus {
  target: string;
  /** Since the last good look-up; undefined when there was none yet. */
  ageSeconds?: number;
  /** Why the last look-up failed; undefined when it did not. */
  error?: string;
}

export interface AliasResolverOptions {
  /** Addresses of resolvers, `192.0.2.53` or with a port `192.0.2.53:5353`, `[2001:db8::53]:53`; asked in order. */
  resolvers: readonly string[];
  log: Log;
  /** All addresses known, whenever some have changed. */
  onChange: (addresses: ReadonlyMap<Name, TargetAddresses>) => void;
  minRefreshSeconds?: number;
  maxRefreshSeconds?: number;
  timeoutMs?: number;
  /** Epoch in milliseconds. */
  now?: () => number;
}

export interface AliasResolver {
  /** The targets to look up from now on; those that are not named any more are forgotten. */
  follow(targets: Iterable<Name>): void;
  addresses(): ReadonlyMap<Name, TargetAddresses>;
  status(): AliasStatus[];
  close(): void;
}

interface Followed {
  known?: TargetAddresses;
  seenAtMs?: number;
  error?: string;
  timer?: NodeJS.Timeout;
}

export function createAliasResolver(options: AliasResolverOptions): AliasResolver {
  const { log, onChange, now = Date.now } = options;
  const minRefreshSeconds = options.minRefreshSeconds ?? MIN_REFRESH_SECONDS;
  const maxRefreshSeconds = options.maxRefreshSeconds ?? MAX_REFRESH_SECONDS;
  const resolver = new Resolver({ timeout: options.timeoutMs ?? TIMEOUT_MS, tries: TRIES });
  resolver.setServers([...options.resolvers]);
  const followed = new Map<Name, Followed>();
  const addresses = () => {
    const known = new Map<Name, TargetAddresses>();
    for (const [target, entry] of followed) if (entry.known) known.set(target, entry.known);
    return known;
  };
  const bounded = (ttlSeconds: number) =>
    Math.min(maxRefreshSeconds, Math.max(minRefreshSeconds, ttlSeconds));

  const refresh = async (target: Name, entry: Followed) => {
    const found = await lookUp(resolver, target);
    // Forgotten while it was looked up.
    if (followed.get(target) !== entry) return;
    if (typeof found === 'string') {
      if (entry.error === undefined)
        log.warn('alias not resolved', { target: formatName(target), error: found });
      entry.error = found;
      entry.timer = setTimeout(refresh, 1000 * minRefreshSeconds, target, entry);
      return;
    }
    if (entry.error !== undefined) log.info('alias resolved again', { target: formatName(target) });
    delete entry.error;
    entry.seenAtMs = now();
    const known = { ...found, ttlSeconds: bounded(found.ttlSeconds) };
    const changed = !entry.known || !isSame(entry.known, known);
    entry.known = known;
    entry.timer = setTimeout(refresh, 1000 * known.ttlSeconds, target, entry);
    if (changed) onChange(addresses());
  };

  return {
    follow(targets) {
      const wanted = new Set(targets);
      let forgotten = false;
      for (const [target, entry] of followed) {
        if (wanted.has(target)) continue;
        clearTimeout(entry.timer);
        followed.delete(target);
        forgotten ||= entry.known !== undefined;
      }
      for (const target of wanted) {
        if (followed.has(target)) continue;
        const entry: Followed = {};
        followed.set(target, entry);
        void refresh(target, entry);
      }
      if (forgotten) onChange(addresses());
    },
    addresses,
    status: () =>
      [...followed].map(([target, { seenAtMs, error }]) => ({
        target: formatName(target),
        ...(seenAtMs !== undefined && { ageSeconds: Math.max(0, (now() - seenAtMs) / 1000) }),
        ...(error !== undefined && { error }),
      })),
    close() {
      for (const entry of followed.values()) clearTimeout(entry.timer);
      followed.clear();
      resolver.cancel();
    },
  };
}

/** Both families, or why not. A name that has none of one family is no failure; one with none at all is. */
async function lookUp(resolver: Resolver, target: Name): Promise<TargetAddresses | string> {
  const host = formatName(target).slice(0, -1);
  const settled = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ]);
  const families: { address: string; ttl: number }[][] = [];
  for (const result of settled) {
    if (result.status === 'fulfilled') families.push(result.value);
    else {
      const code = (result.reason as NodeJS.ErrnoException).code ?? String(result.reason);
      if (code !== 'ENODATA') return code;
      families.push([]);
    }
  }
  const all = families.flat();
  if (all.length === 0) return 'ENODATA';
  const bytesOf = (family: 4 | 6) =>
    all
      .filter(({ address }) => isIP(address) === family)
      .map(({ address }) => address)
      // Resolvers rotate the records; the same set must look the same.
      .sort()
      .map((address) => parseAddress(address) as Uint8Array);
  return { ipv4: bytesOf(4), ipv6: bytesOf(6), ttlSeconds: Math.min(...all.map(({ ttl }) => ttl)) };
}

function isSame(a: TargetAddresses, b: TargetAddresses): boolean {
  const text = ({ ipv4, ipv6, ttlSeconds }: TargetAddresses) =>
    `${ipv4.join(' ')}|${ipv6.join(' ')}|${ttlSeconds}`;
  return text(a) === text(b);
}

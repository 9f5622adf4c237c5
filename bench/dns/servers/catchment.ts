// Ours, in the variants that are measured, with all that it does by default: cookies, rate limiting, metrics.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '../../../src/dns/io/dnssec-keys.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import type { ServerKind } from '../server.ts';
import { type BenchPop, NAME, orderFrom, POPS, staticZone, TTL_SECONDS, ZONE } from '../world.ts';

/** Rate limiting counts, and never limits. */
const NO_LIMIT = 100_000_000;

export interface Variant {
  name: string;
  policy: 'map' | 'nearest' | 'latency';
  /** Threads with a UDP socket each; 0: UDP by dgram on the main thread. */
  workers: number;
  /** As on a platform for which koffi has no binary. */
  withoutKoffi?: boolean;
  signed?: boolean;
  /** A TCP port that POPs are checked at, every second. */
  checkPort?: number;
  /** Where POPs tell their RTTs, without the POP's name at the end. */
  rttUrl?: string;
  /** More names answered by place, `n0` and so on. */
  moreNames?: number;
}

export function catchment(main: string, variant: Variant): ServerKind {
  return {
    name: variant.name,
    packages: [],
    prepare(folder, { port, database }) {
      const names = Array.from({ length: variant.moreNames ?? 0 }, (_, i) => `n${i}.${ZONE}`);
      writeFileSync(join(folder, 'zone'), staticZone());
      if (variant.signed) {
        mkdirSync(join(folder, 'keys'), { mode: 0o700 });
        generateKey(join(folder, 'keys'), parseName(ZONE) as Name, 'csk', Math.floor(Date.now() / 1000));
      }
      writeFileSync(join(folder, 'dns.json'), JSON.stringify(config(folder, variant, port, database, names)));
      const preload = variant.withoutKoffi
        ? ['--import', join(import.meta.dirname, '../programs/without-koffi.ts')]
        : [];
      const flags = [...preload, '--disable-warning=ExperimentalWarning'];
      return { argv: [process.execPath, ...flags, main, '--config', join(folder, 'dns.json')] };
    },
  };
}

function config(
  folder: string,
  variant: Variant,
  port: number,
  database: string,
  names: readonly string[],
): object {
  const { policy, workers, checkPort, rttUrl, signed } = variant;
  const continents = POPS.flatMap((pop) =>
    pop.continents.map((code) => [`continent:${code}`, orderFrom(pop)]),
  );
  const rules = Object.fromEntries(continents);
  return {
    listen: [{ address: '127.0.0.1', port }],
    nsid: 'bench',
    zones: signed ? [{ file: 'zone', dnssec: true }] : ['zone'],
    ...(signed && { dnssec: { keys: 'keys' } }),
    geoip: database,
    pops: POPS.map(({ continents, ...pop }) => ({
      ...pop,
      code: pop.name,
      continent: continents[0],
      ...(checkPort && { check: 'web' }),
      ...(rttUrl && { rttUrl: `${rttUrl}${pop.name}` }),
    })),
    ...(checkPort && { checks: { web: { type: 'tcp', port: checkPort, intervalSeconds: 1 } } }),
    // Once is enough: what the polls cost is not a query's.
    rttPollSeconds: 3600,
    steering: [NAME, ...names].map((name) => ({
      name,
      policy: policy === 'map' ? 'world' : policy,
      ttlSeconds: TTL_SECONDS,
    })),
    policies: { world: { type: 'map', rules, otherwise: orderFrom(POPS[0] as BenchPop) } },
    workers,
    rateLimit: { responsesPerSecond: NO_LIMIT, errorsPerSecond: NO_LIMIT },
    admin: { path: join(folder, 'admin.sock') },
  };
}

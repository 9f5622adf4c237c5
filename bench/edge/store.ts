// The store in figures: hit ratios of the eviction policies on several traces, nanoseconds per lookup and put, memory per
// object. `node bench/edge/store.ts [--quick] [--only ratios,small,costs,memory,disk]`; prints Markdown. Machines differ in time, not in ratios: the seed is fixed.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GhostCache } from '../../src/edge/store/ghost-cache.ts';
import { GhostCaches } from '../../src/edge/store/ghost-caches.ts';
import { keyHash } from '../../src/edge/store/key-hash.ts';
import { createMemoryStore } from '../../src/edge/store/memory-store.ts';
import { POLICY_NAMES, type PolicyName } from '../../src/edge/store/policies/eviction-policy.ts';
import { responseHead } from '../../src/edge/stored-response.ts';
import { measureDisk } from './store-disk.ts';
import { longTail, objectSize, type Trace, traces } from './store-traces.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const { quick } = values;
const only = values.only?.split(',');
const OBJECTS = quick ? 20_000 : 100_000;
const REQUESTS = quick ? 200_000 : 1_500_000;
const WARM_UP = 0.2;
const SEED = 1;
const hashes = new Map<number, number>();

const parts = { ratios, small: smallCaches, costs, memory, disk };
for (const [name, run] of Object.entries(parts)) {
  if (only === undefined || only.includes(name)) await run();
}

function ratios(): void {
  const options = { objects: OBJECTS, requests: REQUESTS, seed: SEED };
  const names = traces(options).map((trace) => trace.name);
  // Each run takes its trace anew: they draw from generators that go on.
  const run = (t: number, policy: PolicyName, share: number, sizeOf: (object: number) => number) =>
    simulate(traces(options)[t] as Trace, policy, totalOf(sizeOf) * share, sizeOf);
  const tables: { title: string; rows: string[] }[] = [
    { title: 'Object hit %, objects of one size (cache of 1 % | 10 % of the objects)', rows: [] },
    { title: 'Byte hit %, sizes log-normal (cache of 1 % | 10 % of the bytes)', rows: [] },
    { title: 'Object hit %, sizes log-normal (cache of 1 % | 10 % of the bytes)', rows: [] },
  ];
  for (const [t, name] of names.entries()) {
    const cells: Record<PolicyName, number[]>[] = tables.map(() => ({
      's3-fifo': [],
      gdsf: [],
      lru: [],
      sieve: [],
    }));
    for (const policy of POLICY_NAMES) {
      for (const share of [0.01, 0.1]) {
        const sized = run(t, policy, share, objectSize);
        const values = [run(t, policy, share, () => 1).objects, sized.bytes, sized.objects];
        for (const [i, value] of values.entries()) cells[i]?.[policy].push(value);
      }
    }
    for (const [i, table] of tables.entries())
      table.rows.push(ratioRow(name, cells[i] as Record<PolicyName, number[]>));
  }
  for (const { title, rows } of tables) {
    const head = `| trace | ${POLICY_NAMES.join(' | ')} | s3-fifo minus lru |\n|---|${'---|'.repeat(5)}`;
    console.log(`\n### ${title}\n\n${head}\n${rows.join('\n')}`);
  }
}

function ratioRow(name: string, cells: Record<PolicyName, number[]>): string {
  const both = (values: number[]) => values.map((value) => value.toFixed(1)).join(' \\| ');
  const lead = cells['s3-fifo'].map((value, i) => value - (cells.lru[i] as number));
  return `| ${name} | ${POLICY_NAMES.map((policy) => both(cells[policy])).join(' | ')} | ${both(lead)} |`;
}

function totalOf(sizeOf: (object: number) => number): number {
  let total = 0;
  for (let i = 0; i < OBJECTS; i++) total += sizeOf(i);
  return total;
}

function simulate(
  trace: Trace,
  policy: PolicyName,
  capacity: number,
  sizeOf: (object: number) => number,
  requests = REQUESTS,
): { objects: number; bytes: number } {
  const cache = new GhostCache(policy, capacity);
  const from = requests * WARM_UP;
  let [hits, seen, hitBytes, seenBytes] = [0, 0, 0, 0];
  for (let at = 0; at < requests; at++) {
    const object = trace.next(at);
    const hash = hashOf(object);
    const size = sizeOf(object);
    const found = cache.look(hash) > 0;
    if (!found) cache.store(hash, size);
    if (at < from) continue;
    seen++;
    seenBytes += size;
    if (found) {
      hits++;
      hitBytes += size;
    }
  }
  return { objects: (100 * hits) / seen, bytes: (100 * hitBytes) / seenBytes };
}

function hashOf(object: number): number {
  let hash = hashes.get(object);
  if (hash === undefined) {
    hash = keyHash(`http://www.example.com/${object}`);
    hashes.set(object, hash);
  }
  return hash;
}

function smallCaches(): void {
  const slots = [2, 5, 10, 20, 50, 100];
  console.log(`\n### Object hit %, 96 % of requests to 5 objects, 4 % to 200 (cache of so many objects)\n`);
  console.log(`| policy | ${slots.join(' | ')} |\n|---|${'---|'.repeat(slots.length)}`);
  for (const policy of POLICY_NAMES) {
    const row = slots.map((count) =>
      simulate(longTail(SEED), policy, count, () => 1, 200_000).objects.toFixed(1),
    );
    console.log(`| ${policy} | ${row.join(' | ')} |`);
  }
}

/** Of the whole store, with real responses and keys; 10 000 objects. */
function costs(): void {
  console.log(
    '\n### Nanoseconds (best of 5)\n\n| policy | get, hit | get, miss | put of a new object | put and evict |',
  );
  console.log('|---|---|---|---|---|');
  const rows: [string, PolicyName, boolean][] = POLICY_NAMES.map((policy) => [policy, policy, false]);
  rows.push(['s3-fifo with 12 ghost caches', 's3-fifo', true]);
  for (const [name, policy, ghosts] of rows) {
    const best = [1, 2, 3, 4, 5].map(() => measure(policy, ghosts));
    const least = (pick: (one: (typeof best)[0]) => number) => Math.round(Math.min(...best.map(pick)));
    console.log(
      `| ${name} | ${least((b) => b.hit)} | ${least((b) => b.miss)} | ${least((b) => b.put)} | ${least((b) => b.evict)} |`,
    );
  }
}

function measure(
  policy: PolicyName,
  ghosts: boolean,
): { hit: number; miss: number; put: number; evict: number } {
  const count = 10_000;
  const head = responseHead({
    status: 200,
    fields: ['Content-Type', 'text/html', 'Cache-Control', 'max-age=60', 'ETag', '"abc"'],
    requestFields: [],
    requestTimeMs: 0,
    responseTimeMs: 0,
  });
  const keys = Array.from({ length: 2 * count }, (_, i) => `http://www.example.com/some/path/${i}`);
  const response = { ...head, body: [new Uint8Array(1024)], size: 1024 };
  const create = (cacheBytes: number) =>
    createMemoryStore({
      cacheBytes,
      policy,
      now: () => 0,
      observer: ghosts ? new GhostCaches({ capacityBytes: cacheBytes }) : undefined,
    });
  const store = create(100_000_000);
  const put = time(count, (i) => store.put(keys[i] as string, response));
  const hit = time(count * 20, (i) => store.get(keys[(i * 7919) % count] as string));
  const miss = time(count, (i) => store.get(keys[count + i] as string));
  const small = create(4_000_000);
  for (let i = 0; i < count; i++) small.put(keys[i] as string, response);
  const evict = time(count, (i) => small.put(keys[count + i] as string, response));
  return { hit, miss, put, evict };
}

function time(times: number, act: (i: number) => void): number {
  const began = process.hrtime.bigint();
  for (let i = 0; i < times; i++) act(i);
  return Number(process.hrtime.bigint() - began) / times;
}

function memory(): void {
  const runs: [PolicyName, number, number, string][] = quick
    ? [['s3-fifo', 100_000, 1024, 'no']]
    : [
        ['s3-fifo', 1_000_000, 1024, 'no'],
        ['s3-fifo', 300_000, 1024, 'yes'],
        ['gdsf', 300_000, 1024, 'no'],
        ['lru', 300_000, 1024, 'no'],
        ['s3-fifo', 300_000, 0, 'no'],
      ];
  console.log('\n### Memory per object beside its body (resident set of a process of its own)\n');
  console.log(
    '| policy | objects | body | two tags | overhead | compacted | accounted | V8 heap | put ns | get ns |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const [policy, objects, body, tagged] of runs) {
    const flags = ['--expose-gc', '--max-old-space-size=12000', '--disable-warning=ExperimentalWarning'];
    const args = [
      join(import.meta.dirname, 'store-memory.ts'),
      policy,
      String(objects),
      String(body),
      tagged,
    ];
    const result = JSON.parse(execFileSync(process.execPath, [...flags, ...args], { encoding: 'utf8' }));
    console.log(
      `| ${policy} | ${result.objects} | ${body} | ${tagged} | ${result.overheadBytesPerObject} | ` +
        `${result.compactedOverheadBytesPerObject} | ${result.accountedOverheadPerObject} | ${result.heapBytesPerObject} | ${result.putNs} | ${result.getNs} |`,
    );
  }
}

async function disk(): Promise<void> {
  console.log(
    '\n### Disk tier\n\n| records | body | written/s | MiB/s | load µs | loop delay ms p99, max | restart ms | index bytes |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  const runs: [number, number][] = [
    [quick ? 10_000 : 100_000, 1024],
    [quick ? 200 : 2000, 100_000],
  ];
  for (const [records, body] of runs) {
    const result = await measureDisk(records, body);
    const delays = result.loopDelayMs.map((ms) => ms.toFixed(1)).join(', ');
    console.log(
      `| ${records} | ${body} | ${result.recordsPerSecond} | ${result.mebibytesPerSecond} | ` +
        `${result.loadMicroseconds} | ${delays} | ${result.restartMs} | ${result.indexBytesPerRecord} |`,
    );
  }
}

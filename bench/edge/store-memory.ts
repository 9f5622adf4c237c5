// Run as a child of bench/edge/store.ts: fills a store with objects that differ as real ones do (ETag, dates, a tag of
// their own) and prints what the process really grew by, as JSON. A process of its own, since memory once used by
// something else cannot be told apart.

import { createMemoryStore } from '../../src/edge/store/memory-store.ts';
import type { PolicyName } from '../../src/edge/store/policies/eviction-policy.ts';
import { compactBody, responseHead } from '../../src/edge/stored-response.ts';

const [policy = 's3-fifo', count = '1000000', bodyBytes = '1024', tagged = 'no'] = process.argv.slice(2);
const objects = Number(count);
const size = Number(bodyBytes);
const gc = globalThis.gc as (options?: object) => void;

const store = createMemoryStore({
  cacheBytes: objects * (size + 4096),
  policy: policy as PolicyName,
  now: () => 0,
});
const chunk = Buffer.alloc(size, 'x');
put(0);
gc();
const before = process.memoryUsage();
const beganNs = process.hrtime.bigint();
for (let i = 1; i < objects; i++) put(i);
const putNs = Number(process.hrtime.bigint() - beganNs) / objects;
gc();
gc();
const after = process.memoryUsage();
const getNs = timeGets();
// What an idle process comes down to: V8 gives back the pages that the puts' garbage was on.
gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
const compactedRss = process.memoryUsage().rss;
const { bytes } = store;
const heap = (after.heapUsed - before.heapUsed) / objects;
const arrayBuffers = (after.arrayBuffers - before.arrayBuffers) / objects;
console.log(
  JSON.stringify({
    policy,
    objects: store.objects,
    bodyBytes: size,
    putNs: Math.round(putNs),
    getNs: Math.round(getNs),
    heapBytesPerObject: Math.round(heap),
    arrayBufferBytesPerObject: Math.round(arrayBuffers),
    overheadBytesPerObject: Math.round((after.rss - before.rss) / objects - size),
    compactedOverheadBytesPerObject: Math.round((compactedRss - before.rss) / objects - size),
    accountedOverheadPerObject: Math.round(bytes / objects - size),
    external: (after.external - before.external) / objects,
    rssMiB: Math.round(after.rss / 2 ** 20),
  }),
);

function put(i: number): void {
  const atMs = 1_700_000_000_000 + i * 7;
  const fields = [
    ...['Content-Type', i % 3 === 0 ? 'text/html; charset=utf-8' : 'image/webp', 'Server', 'origin/1.0'],
    ...['Content-Length', String(size), 'Cache-Control', i % 2 === 0 ? 'public, max-age=3600' : 'max-age=60'],
    ...['ETag', `"${i.toString(16).padStart(16, '0')}"`, 'Date', new Date(atMs).toUTCString()],
    ...['Last-Modified', new Date(atMs - i * 1000).toUTCString(), 'Vary', 'Accept-Encoding'],
  ];
  const requestFields = ['Accept-Encoding', 'gzip, br'];
  const head = responseHead({
    status: 200,
    fields,
    requestFields,
    requestTimeMs: atMs - 13,
    responseTimeMs: atMs,
  });
  const tags = tagged === 'yes' ? { tags: [`product-${i}`, `category-${i % 1000}`] } : {};
  const response = { ...head, body: compactBody([chunk], size), size, ...tags };
  store.putIfNotPurgedSince(store.sequence, keyOf(i), response);
}

function keyOf(i: number): string {
  return `http://www.example.com/images/products/${i}/large.webp`;
}

function timeGets(): number {
  const keys = Array.from({ length: 200_000 }, (_, i) => keyOf((i * 7919) % objects));
  let found = 0;
  const began = process.hrtime.bigint();
  for (const key of keys) found += store.get(key).length;
  const elapsed = Number(process.hrtime.bigint() - began);
  if (found !== keys.length) throw new Error(`found ${found} of ${keys.length}`);
  return elapsed / keys.length;
}

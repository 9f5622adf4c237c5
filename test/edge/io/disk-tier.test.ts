// The disk tier on real files: restarts, damage, a full disk, purges that outlive the process.

import { open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { DiskTier } from '../../../src/edge/store/disk-tier.ts';
import { createTieredStore } from '../../../src/edge/store/tiered-store.ts';
import { stored } from '../store/stored-responses.ts';
import { openTier, segmentFiles, smallDisk, temporaryDirectory } from './disk-harness.ts';

let directory: string;
let tiers: DiskTier[];
beforeEach(async () => {
  directory = await temporaryDirectory();
  tiers = [];
});
afterEach(async () => {
  for (const tier of tiers) await tier.close().catch(() => {});
  await rm(directory, { recursive: true });
});

async function start(options: Parameters<typeof openTier>[1] = {}): Promise<DiskTier> {
  const tier = await openTier(directory, options);
  tiers.push(tier);
  return tier;
}

async function sizes(tier: DiskTier, key: string): Promise<number[]> {
  return (await tier.load(key)).map((response) => response.size);
}

describe('a disk tier', () => {
  it('gives back what it was handed, before and after it is written and after a restart', async () => {
    const tier = await start();
    const [de, fr] = [stored(5000, 'de', ['a', 'b']), stored(0, 'fr')];
    tier.offer('u', de);
    tier.offer('u', fr);
    expect([tier.mayHold('u'), tier.mayHold('v')]).toEqual([true, false]);
    expect(await sizes(tier, 'u')).toEqual([0, 5000]);
    await tier.flushed();
    expect(await sizes(tier, 'u')).toEqual([0, 5000]);
    await tier.close();
    const again = await start();
    expect(again.mayHold('u')).toBe(true);
    expect(await again.load('u')).toEqual([fr, de]);
    expect(await again.load('v')).toEqual([]);
    expect(again.stats()).toMatchObject({ records: 2, corrupted: 0, state: 'ok' });
  });

  it('keeps the newest of each variant, over restarts too', async () => {
    for (const size of [100, 200, 300]) {
      const tier = await start();
      tier.supersede('u', stored(size).secondaryKey);
      tier.offer('u', stored(size));
      await tier.flushed();
      expect(await sizes(tier, 'u')).toEqual([size]);
      await tier.close();
    }
    expect(await sizes(await start(), 'u')).toEqual([300]);
  });

  it('does not give what memory has something newer of', async () => {
    const tier = await start();
    tier.offer('u', stored(100));
    await tier.flushed();
    tier.supersede('u', '');
    expect([tier.mayHold('u'), await sizes(tier, 'u')]).toEqual([false, []]);
  });

  it('does not give it after a kill either: what memory had is gone, and nothing older comes back', async () => {
    const tier = await start();
    for (const [key, size] of [
      ['u', 100],
      ['v', 200],
    ] as const)
      tier.offer(key, stored(size));
    await tier.flushed();
    tier.supersede('u', '');
    // Forgotten while it is written.
    tier.offer('w', stored(300));
    await new Promise((resolve) => setImmediate(resolve));
    tier.supersede('w', '');
    await tier.flushed();
    // As after kill -9: what was open is not closed.
    const again = await start();
    expect([await sizes(again, 'u'), await sizes(again, 'v'), await sizes(again, 'w')]).toEqual([
      [],
      [200],
      [],
    ]);
    expect(again.stats().corrupted).toBe(0);
    again.offer('u', stored(400));
    await again.flushed();
    const third = await start();
    expect(await sizes(third, 'u')).toEqual([400]);
    expect(third.stats()).toMatchObject({ records: 2, corrupted: 0 });
  });

  it('stays within its bytes, drops the oldest and saves what was read', async () => {
    const tier = await start({ maxBytes: 800_000, maxQueuedBytes: 100_000_000 });
    tier.offer('hot', stored(5000));
    for (let i = 0; i < 400; i++) {
      tier.offer(`u${i}`, stored(5000));
      if (i % 10 === 0) {
        await tier.flushed();
        expect(await sizes(tier, 'hot')).toEqual([5000]);
        expect(tier.stats().bytes).toBeLessThanOrEqual(800_000);
      }
    }
    await tier.flushed();
    const { moved, segmentsDropped } = tier.stats();
    expect(moved).toBeGreaterThan(0);
    expect(segmentsDropped).toBeGreaterThan(5);
    expect([tier.mayHold('u0'), tier.mayHold('u399')]).toEqual([false, true]);
    expect((await segmentFiles(directory)).length).toBe(tier.stats().segments);
  });

  it('drops what comes faster than it can write, and counts it', async () => {
    const tier = await start({ maxQueuedBytes: 50_000 });
    for (let i = 0; i < 20; i++) tier.offer(`u${i}`, stored(10_000));
    expect(tier.stats().queuedBytes).toBeLessThanOrEqual(50_000);
    expect(tier.stats().dropped).toBe(16);
    await tier.flushed();
    expect(tier.stats()).toMatchObject({ written: 4, queuedBytes: 0 });
  });

  it('pauses on a full disk, says so, goes on reading, and resumes', async () => {
    const disk = smallDisk(60_000);
    const events: string[] = [];
    let nowMs = 0;
    const tier = await start({
      files: disk.files,
      now: () => nowMs,
      onEvent: (event, { reason }) => events.push(`${event} ${reason}`),
    });
    for (let i = 0; i < 20; i++) {
      tier.offer(`u${i}`, stored(10_000));
      await tier.flushed();
    }
    expect(events).toEqual(['disk-paused ENOSPC: write']);
    expect(tier.stats()).toMatchObject({ state: 'paused', reason: 'ENOSPC: write', errors: 1, written: 5 });
    expect(await sizes(tier, 'u1')).toEqual([10_000]);
    disk.free(1_000_000);
    nowMs = 2000;
    tier.offer('later', stored(10_000));
    await tier.flushed();
    expect(events[1]).toBe('disk-resumed ENOSPC: write');
    expect(tier.stats().state).toBe('ok');
    await tier.close();
    const again = await start();
    expect(again.stats()).toMatchObject({ records: 6, corrupted: 0 });
    expect(await sizes(again, 'later')).toEqual([10_000]);
  });

  it('starts on a disk that is full', async () => {
    const first = await start();
    first.offer('u', stored(1000));
    await first.flushed();
    await first.close();
    const tier = await start({ files: smallDisk(0).files });
    expect(await sizes(tier, 'u')).toEqual([1000]);
    tier.offer('v', stored(1));
    await tier.flushed();
    expect(tier.stats().state).toBe('paused');
  });
});

describe('a purged disk tier', () => {
  const fill = async () => {
    const tier = await start();
    tier.offer('/x/1', stored(1, undefined, ['red']));
    tier.offer('/x/2', stored(2, undefined, ['blue']));
    tier.offer('/y/3', stored(3, 'de', ['red']));
    tier.offer('/y/3', stored(4, 'fr'));
    await tier.flushed();
    return tier;
  };
  const left = async (tier: DiskTier) =>
    (await Promise.all(['/x/1', '/x/2', '/y/3'].map((key) => sizes(tier, key)))).flat();

  it.each([
    ['key', '/x/1', [2, 4, 3]],
    ['tag', 'red', [2, 4]],
    ['prefix', '/x/', [4, 3]],
    ['all', '', []],
  ] as const)('gives nothing purged by %s, not after a restart either', async (kind, value, expected) => {
    const tier = await fill();
    tier.purge(kind, value, false);
    expect(await left(tier)).toEqual(expected);
    tier.offer('/new', stored(9, undefined, ['red']));
    await tier.flushed();
    // As after kill -9: what was open is not closed.
    const again = await start();
    expect(await left(again)).toEqual(expected);
    expect(await sizes(again, '/new')).toEqual([9]);
    const third = await start();
    expect(await left(third)).toEqual(expected);
  });

  it('reads what was purged once at most, and frees everything when all is purged', async () => {
    const tier = await fill();
    tier.purge('prefix', '/x/', false);
    expect(tier.mayHold('/x/1')).toBe(true);
    expect(await sizes(tier, '/x/1')).toEqual([]);
    expect(tier.mayHold('/x/1')).toBe(false);
    tier.purge('all', '', false);
    await tier.flushed();
    expect([tier.mayHold('/y/3'), tier.stats().bytes]).toEqual([false, 0]);
    expect(await segmentFiles(directory)).toEqual([]);
    tier.offer('/x/1', stored(5));
    await tier.flushed();
    expect(await sizes(tier, '/x/1')).toEqual([5]);
  });

  it('marks what was purged softly', async () => {
    const tier = await fill();
    tier.purge('tag', 'red', true);
    await tier.flushed();
    for (const one of [tier, await start()]) {
      expect((await one.load('/x/1'))[0]?.purgedSoftAtMs).toBeGreaterThan(0);
      expect((await one.load('/x/2'))[0]?.purgedSoftAtMs).toBeUndefined();
    }
  });

  it('forgets a purge of what was on its way to the disk no more than any other', async () => {
    const tier = await start();
    tier.offer('u', stored(1));
    tier.purge('key', 'u', false);
    expect(await sizes(tier, 'u')).toEqual([]);
    await tier.flushed();
    expect(await sizes(await start(), 'u')).toEqual([]);
  });

  it('remembers a purge of what was superseded and would come back', async () => {
    const tier = await start();
    tier.offer('u', stored(1));
    await tier.flushed();
    tier.supersede('u', '');
    tier.purge('key', 'u', false);
    await tier.flushed();
    expect(await sizes(await start(), 'u')).toEqual([]);
  });

  it('trusts nothing that is older than a damaged line of its journal', async () => {
    const tier = await fill();
    tier.purge('tag', 'red', false);
    await tier.flushed();
    const path = join(directory, 'purges');
    await writeFile(path, (await readFile(path, 'utf8')).replace('red', 'rad'));
    expect(await left(await start())).toEqual([]);
  });

  it('keeps nothing when the journal cannot be written', async () => {
    const tier = await start({ files: smallDisk(1_000_000).files });
    tier.offer('u', stored(1));
    await tier.flushed();
    // The journal goes through appendFile: its handle is closed under it, as if the disk were gone.
    await tier.close();
    tier.purge('all', '', false);
    await tier.flushed();
    expect((await segmentFiles(directory)).length).toBe(0);
  });
});

describe('a damaged disk tier', () => {
  const count = 60;
  const fill = async () => {
    const tier = await start();
    for (let i = 0; i < count; i++) tier.offer(`u${i}`, stored(1000 + i));
    await tier.flushed();
    await tier.close();
    return (await segmentFiles(directory))[0] as string;
  };
  const survivors = async () => {
    const tier = await start();
    let found = 0;
    for (let i = 0; i < count; i++) {
      for (const response of await tier.load(`u${i}`)) {
        expect(response).toEqual(stored(1000 + i));
        found++;
      }
    }
    return { found, corrupted: tier.stats().corrupted };
  };

  it('serves nothing but what was written, whatever bytes are changed', async () => {
    const path = await fill();
    const sound = await readFile(path);
    const random = seededRandom(7);
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.from(sound);
      const harmed = 1 + Math.floor(random() * 5);
      for (let i = 0; i < harmed; i++) {
        const at = 64 + Math.floor(random() * (bytes.length - 64));
        bytes[at] = (bytes[at] as number) ^ (1 + Math.floor(random() * 255));
      }
      await writeFile(path, bytes);
      const { found } = await survivors();
      expect(found).toBeGreaterThanOrEqual(count - harmed);
    }
  });

  it('serves what is whole of a truncated segment', async () => {
    const path = await fill();
    const { size } = await stat(path);
    const random = seededRandom(8);
    for (const share of [0.9, 0.5, 0.2, random() * 0.1]) {
      await truncate(path, Math.floor(size * share));
      const { found } = await survivors();
      expect(found).toBeLessThan(count * share + 1);
      expect(found).toBeGreaterThan(count * share - 3);
    }
  });

  it('throws away a segment without a sound header', async () => {
    const path = await fill();
    const file = await open(path, 'r+');
    await file.write(Buffer.from('xx'), 0, 2, 14);
    await file.close();
    expect(await survivors()).toEqual({ found: 0, corrupted: 1 });
    expect((await segmentFiles(directory)).length).toBe(0);
  });

  it('takes no body for a record', async () => {
    // An origin that knows the format sends whole records of another key as its body.
    const first = await start();
    first.offer('victim', stored(777));
    await first.flushed();
    const path = (await segmentFiles(directory))[0] as string;
    const forged = Uint8Array.from((await readFile(path)).subarray(64));
    const tier = await start();
    tier.offer('evil', { ...stored(0), body: [forged], size: forged.length });
    await tier.flushed();
    await rm(path);
    const evil = (await segmentFiles(directory))[0] as string;
    const file = await open(evil, 'r+');
    await file.write(Buffer.from([255]), 0, 1, 64);
    await file.close();
    const after = await start();
    expect(after.mayHold('victim')).toBe(false);
  });
});

describe('a store of two tiers', () => {
  it('finds on the disk what memory has evicted, and all of it after a restart', async () => {
    const create = async () =>
      createTieredStore({ cacheBytes: 100_000, now: Date.now }, await start({ maxQueuedBytes: 10_000_000 }));
    const store = await create();
    for (let i = 0; i < 100; i++) store.put(`u${i}`, stored(5000 + i));
    expect(store.objects).toBeLessThan(20);
    expect(store.get('u0')).toEqual([]);
    expect(store.mayHold('u0')).toBe(true);
    expect((await store.load('u0')).map(({ size }) => size)).toEqual([5000]);
    expect(store.get('u0')[0]?.size).toBe(5000);
    await store.close(10_000);
    const again = await create();
    for (let i = 0; i < 100; i++) expect((await again.load(`u${i}`))[0]?.size, `u${i}`).toBe(5000 + i);
  });

  it('keeps on the disk what is too large for memory', async () => {
    const store = createTieredStore({ cacheBytes: 100_000, now: Date.now }, await start());
    expect(store.put('large', stored(60_000))).toBe(true);
    expect(store.get('large')).toEqual([]);
    expect((await store.load('large'))[0]?.size).toBe(60_000);
    store.purgeKey('large', false);
    expect(await store.load('large')).toEqual([]);
  });

  it('serves what has outgrown memory from the disk, not what memory had before', async () => {
    const store = createTieredStore({ cacheBytes: 100_000, now: Date.now }, await start());
    store.put('grows', stored(1000));
    store.put('grows', stored(60_000));
    expect(store.get('grows')).toEqual([]);
    expect((await store.load('grows')).map(({ size }) => size)).toEqual([60_000]);
  });

  it('does not bring back what was purged, replaced or deleted while it was loaded', async () => {
    const store = createTieredStore({ cacheBytes: 100_000, now: Date.now }, await start());
    for (const [key, meanwhile] of [
      ['purged', () => void store.purgeTag('red', false)],
      ['deleted', () => void store.delete('deleted')],
      ['replaced', () => void store.put('replaced', stored(2))],
    ] as const) {
      store.disk.offer(key, stored(1, undefined, ['red']));
      await store.disk.flushed();
      const loading = store.load(key);
      meanwhile();
      await loading;
      expect(store.get(key).map(({ size }) => size)).toEqual(key === 'replaced' ? [2] : []);
    }
  });
});

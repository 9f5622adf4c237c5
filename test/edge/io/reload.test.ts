// What changes while an edge runs: its configuration, what was purged softly, the process itself.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Pair, startPair } from '../support/edge-and-origin.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
async function started(...options: Parameters<typeof startPair>): Promise<Pair> {
  const pair = await startPair(...options);
  cleanUps.push(() => pair.close());
  return pair;
}

describe('a reload', () => {
  it('changes routes for the next request and keeps what is stored', async () => {
    const pair = await started();
    await pair.get('/json/1?max_age=60&utm=1');
    pair.wants({ routes: [{ name: 'short', key: { query: { drop: ['utm'] } } }] });
    expect(await pair.edge.reload()).toEqual({ ok: true, problems: [] });
    await pair.get('/json/1?max_age=60&utm=2');
    expect((await pair.get('/json/1?max_age=60&utm=3')).cacheStatus).toContain('hit');
    expect([...pair.edge.metrics.routes.keys()]).toEqual(['default', 'short']);
    expect(pair.edge.metrics.routes.get('short')?.requests).toMatchObject({ miss: 1, hit: 1 });
  });

  it('lets requests end that are on their way', async () => {
    const pair = await started();
    const slow = pair.get('/json/slow?delay_ms=500&max_age=60');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await pair.edge.reload()).toMatchObject({ ok: true });
    expect((await pair.get('/json/meanwhile')).status).toBe(200);
    expect((await slow).status).toBe(200);
  });

  it('is refused whole when something in it needs a restart, or is wrong', async () => {
    const pair = await started();
    pair.wants({ cacheBytes: 100_000, routes: [{ name: 'new' }] });
    expect(await pair.edge.reload()).toMatchObject({ ok: false, problems: [{ path: 'cacheBytes' }] });
    pair.wants({ pop: 'FRA' });
    expect(await pair.edge.reload()).toMatchObject({ ok: false, problems: [{ path: 'pop' }] });
    await pair.get('/json/1');
    expect([...pair.edge.metrics.routes.keys()]).toEqual(['default']);
  });
});

describe('a soft purge', () => {
  it('makes the response stale: the origin is asked whether it still holds', async () => {
    const pair = await started();
    await pair.get('/json/1?max_age=60');
    expect(pair.edge.store.purgeKey('http://origin.cdn.test/json/1?max_age=60', true).objects).toBe(1);
    const { cacheStatus } = await pair.get('/json/1?max_age=60');
    expect(cacheStatus).toContain('fwd=stale; fwd-status=304');
    expect((await pair.get('/json/1?max_age=60')).cacheStatus).toMatch(/hit; ttl=\d/);
  });

  it('leaves it to be served where stale ones may', async () => {
    const pair = await started({ routes: [{ stale: { whileRevalidate: 30 } }] });
    await pair.get('/json/1?max_age=60');
    pair.edge.store.purgeAll(true);
    expect((await pair.get('/json/1?max_age=60')).cacheStatus).toContain('detail=stale-while-revalidate');
  });
});

describe('the lock timeout', () => {
  it('lets who waits for a stuck trip go by itself', async () => {
    const pair = await started({ lockTimeoutMs: 100 });
    const path = '/json/stuck?max_age=60&delay_ms=400';
    const first = pair.get(path);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await pair.get(path);
    expect((await first).status).toBe(200);
    expect(second.cacheStatus).not.toContain('collapsed');
    expect(second.cacheStatus).toContain('detail=lock-timeout');
    expect(pair.asked('/json/stuck')).toBe(2);
  });
});

describe('a disk', () => {
  it('has after a restart what memory held', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'catchment-edge-'));
    cleanUps.push(() => rmSync(directory, { recursive: true }));
    const disk = { directory, bytes: 16_777_216 };
    const before = await startPair({ disk });
    const { body } = await before.get('/bytes/5000?max_age=600');
    await before.close();
    const after = await started({ disk });
    const { cacheStatus, body: again } = await after.get('/bytes/5000?max_age=600');
    expect(cacheStatus).toContain('; hit; ');
    expect(again).toEqual(body);
    expect(after.asked('/bytes/5000')).toBe(0);
  });
});

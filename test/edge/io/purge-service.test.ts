// Purges among several edges: real admin servers on loopback, journals on disk, real stores.

import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CollapsedForwarding } from '../../../src/edge/collapsed-forwarding.ts';
import { createAdminServer } from '../../../src/edge/io/admin-server.ts';
import { createPurgeService, type PurgeService } from '../../../src/edge/io/purge-service.ts';
import { createMetrics } from '../../../src/edge/metrics.ts';
import { compileRoutes } from '../../../src/edge/policy/match.ts';
import { applyPurge, checkPurge } from '../../../src/edge/purge/apply-purge.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import type { ObjectStore } from '../../../src/edge/store/object-store.ts';
import { stored as response } from '../store/stored-responses.ts';

const emptyStore = createMemoryStore({ cacheBytes: 1_000_000, now: Date.now });

const folder = await mkdtemp(join(tmpdir(), 'purge-test-'));
afterAll(() => rm(folder, { recursive: true }));

interface TestEdge {
  url: string;
  store: ObjectStore;
  service: PurgeService;
  stop(): Promise<void>;
}

const running = new Set<TestEdge>();
afterEach(async () => {
  for (const edge of running) await edge.stop();
});

async function startTestEdge(
  name: string,
  options: { peers?: Record<string, string>; stored?: string[]; journalPath?: string; port?: number } = {},
): Promise<TestEdge> {
  const store = createMemoryStore({ cacheBytes: 1_000_000, now: () => 5 });
  for (const path of options.stored ?? []) put(store, path);
  const keySpace = { site: { originHost: 'o', forwardHost: false }, routes: compileRoutes([]) };
  const collapsed = new CollapsedForwarding();
  const service = await createPurgeService({
    name,
    subject: {
      check: (target) => checkPurge({ keySpace }, target),
      apply: (target, soft) => applyPurge({ store, collapsed, keySpace }, target, soft),
      get objects() {
        return store.objects;
      },
    },
    peers: Object.entries(options.peers ?? {}).map(([peer, url]) => ({ name: peer, url })),
    journalPath: options.journalPath,
    now: () => 0,
    followMs: 0,
    peerTimeoutMs: 500,
  });
  const server: Server = createAdminServer({
    pop: name,
    metrics: createMetrics(),
    store: { objects: 0, bytes: 0, stats: () => emptyStore.stats() },
    collapsed: { inFlight: 0 },
    operations: { purges: service },
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const edge: TestEdge = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    service,
    stop: async () => {
      running.delete(edge);
      await service.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  running.add(edge);
  return edge;
}

function put(store: ObjectStore, path: string): void {
  store.put(`http://o${path}`, response(10));
}

/** Those of these paths that are in the store, the stale ones with a tilde before them. */
function held({ store }: TestEdge, ...paths: string[]): string[] {
  return paths.flatMap((path) => {
    const [found] = store.peek(`http://o${path}`);
    return found ? [found.purgedSoftAtMs === undefined ? path : `~${path}`] : [];
  });
}

const purge = async (edge: TestEdge, body: object) => {
  const response = await fetch(`${edge.url}/purge`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, report: (await response.json()) as Record<string, unknown> };
};

describe('a broadcast purge', () => {
  it('says of every edge that it confirmed, how many objects it had, and how long it took', async () => {
    const sin = await startTestEdge('sin', { stored: ['/a', '/b'] });
    const gru = await startTestEdge('gru', { stored: ['/a'] });
    const fra = await startTestEdge('fra', { stored: ['/a'], peers: { sin: sin.url, gru: gru.url } });
    const { status, report } = await purge(fra, { url: '/a', broadcast: true });
    expect(status).toBe(200);
    expect(report).toMatchObject({
      objects: 1,
      confirmed: true,
      peers: [
        { name: 'sin', confirmed: true, objects: 1, milliseconds: expect.any(Number) },
        { name: 'gru', confirmed: true, objects: 1 },
      ],
    });
    expect([fra, sin, gru].map((edge) => held(edge, '/a', '/b'))).toEqual([[], ['/b'], []]);
  });

  it('is harmless when repeated with its id, and reaches then who missed it', async () => {
    const sin = await startTestEdge('sin', { stored: ['/a'] });
    const fra = await startTestEdge('fra', { stored: ['/a'], peers: { sin: sin.url } });
    await purge(fra, { url: '/a', id: 'one' });
    put(fra.store, '/a');
    const { report } = await purge(fra, { url: '/a', id: 'one', broadcast: true });
    expect(report).toMatchObject({ repeated: true, objects: 0, confirmed: true });
    expect([held(fra, '/a'), held(sin, '/a')]).toEqual([['/a'], []]);
  });

  it('answers 202 and names who did not confirm', async () => {
    const fra = await startTestEdge('fra', { peers: { down: 'http://127.0.0.1:1' } });
    const { status, report } = await purge(fra, { all: true, broadcast: true });
    expect(status).toBe(202);
    expect(report).toMatchObject({
      confirmed: false,
      peers: [{ name: 'down', confirmed: false, error: expect.stringContaining('ECONNREFUSED') }],
    });
  });
});

describe('an edge that was away', () => {
  it('carries out before it serves what it missed', async () => {
    const journalPath = join(folder, 'away.journal');
    const fra = await startTestEdge('fra', { stored: ['/a'] });
    const before = await startTestEdge('sin', { stored: [], peers: { fra: fra.url }, journalPath });
    await purge(fra, { url: '/x' });
    await before.service.catchUp();
    await before.stop();
    await purge(fra, { url: '/a' });
    await purge(fra, { url: '/b', soft: true });
    const after = await startTestEdge('sin', {
      stored: ['/a', '/b', '/c'],
      peers: { fra: fra.url },
      journalPath,
    });
    const report = await after.service.catchUp(true);
    expect(report).toEqual({ applied: 2, peers: [{ name: 'fra', answers: true }] });
    expect(held(after, '/a', '/b', '/c')).toEqual(['~/b', '/c']);
    expect(after.service.state()).toMatchObject({
      missed: 2,
      distrusts: 0,
      journal: { kept: 3, onDisk: true },
      peers: [{ name: 'fra', answers: true, followedTo: 3 }],
    });
    // What it learnt it can tell others.
    expect(after.service.since(undefined).entries.map(({ from }) => from)).toEqual(['fra', 'fra', 'fra']);
  });

  it.each([
    ['has no journal of its own', undefined, false],
    ['finds no peer', join(folder, 'lonely.journal'), true],
  ])('marks everything stale when it %s', async (_, journalPath, isDown) => {
    const fra = await startTestEdge('fra');
    if (journalPath) await (await startTestEdge('sin', { journalPath, peers: { fra: fra.url } })).stop();
    if (isDown) await fra.stop();
    const sin = await startTestEdge('sin', {
      stored: ['/a'],
      peers: { fra: fra.url },
      ...(journalPath && { journalPath }),
    });
    const report = await sin.service.catchUp(true);
    expect(report.distrusted).toEqual(expect.any(String));
    expect(held(sin, '/a')).toEqual(['~/a']);
  });

  it('follows peers that it could not hear for a while', async () => {
    const first = await startTestEdge('fra');
    const port = Number(new URL(first.url).port);
    const sin = await startTestEdge('sin', { peers: { fra: first.url } });
    put(sin.store, '/a');
    await first.stop();
    expect((await sin.service.catchUp()).peers).toEqual([{ name: 'fra', answers: false }]);
    const fra = await startTestEdge('fra', { port });
    await purge(fra, { url: '/a' });
    expect(await sin.service.catchUp()).toMatchObject({ applied: 1, peers: [{ answers: true }] });
    expect(held(sin, '/a')).toEqual([]);
  });
});

describe('a purge that makes no sense here', () => {
  it('is refused with a hint and leaves no mark in the journal', async () => {
    const fra = await startTestEdge('fra');
    const { status, report } = await purge(fra, { url: 'nonsense' });
    expect([status, report['hint']]).toEqual([400, expect.stringContaining('tags')]);
    expect(fra.service.since(undefined).latest).toBe(0);
  });
});

describe('the journal on disk', () => {
  it('carries out again what was cut short, and takes a torn last line for none', async () => {
    const journalPath = join(folder, 'torn.journal');
    const fra = await startTestEdge('fra', { journalPath });
    await purge(fra, { url: '/a', id: 'a' });
    await purge(fra, { url: '/b', id: 'b' });
    await fra.stop();
    const text = await readFile(journalPath, 'utf8');
    await writeFile(journalPath, text.replace('{"done":2}\n', '').concat('{"purge":{"seq'));
    const again = await startTestEdge('fra', { journalPath, stored: ['/a', '/b'] });
    expect(held(again, '/a', '/b')).toEqual(['/a']);
    expect(again.service.since(undefined)).toMatchObject({ latest: 2, complete: true });
  });

  it('that cannot be trusted begins anew, and what was stored is marked stale', async () => {
    const journalPath = join(folder, 'broken.journal');
    const fra = await startTestEdge('fra', { journalPath });
    await purge(fra, { url: '/a' });
    const { epoch } = fra.service.since(undefined);
    await fra.stop();
    await appendFile(journalPath, 'nonsense\n');
    const again = await startTestEdge('fra', { journalPath, stored: ['/b'] });
    expect(held(again, '/b')).toEqual(['~/b']);
    expect(again.service.since(undefined).epoch).not.toBe(epoch);
  });
});

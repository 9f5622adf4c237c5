// Purge, push, pin and warm at whole edges: an origin, two edges that are peers, their admin servers.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEdgeConfig } from '../../../src/edge/config.ts';
import { type RunningEdge, startEdge } from '../../../src/edge/io/start-edge.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../../src/origin/io/start-origin.ts';
import { fetchOnce, loopback } from '../support/edge-and-origin.ts';

let origin: RunningOrigin;
let sin: RunningEdge;
let fra: RunningEdge;

beforeAll(async () => {
  origin = await startOrigin(
    parseOriginConfig(JSON.stringify({ listen: [loopback], admin: loopback }), 'test'),
  );
  const start = (pop: string, purge: object) =>
    startEdge(
      parseEdgeConfig(
        JSON.stringify({
          listen: [loopback],
          admin: loopback,
          pop,
          origin: { host: 'origin.cdn.test', address: '127.0.0.1', port: origin.addresses[0]?.port },
          purge,
        }),
        'test',
      ),
    );
  sin = await start('sin', {});
  fra = await start('fra', { peers: [{ name: 'sin', url: `http://127.0.0.1:${sin.adminAddress?.port}` }] });
});
afterAll(async () => {
  await fra.close();
  await sin.close();
  await origin.close();
});

const get = (edge: RunningEdge, path: string) => fetchOnce(edge.addresses[0]?.port ?? 0, path);
const admin = async (edge: RunningEdge, method: string, path: string, body?: object) => {
  const url = `http://127.0.0.1:${edge.adminAddress?.port}${path}`;
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('a purge', () => {
  it('reaches every edge, and what was purged is fetched anew', async () => {
    for (const edge of [fra, sin]) {
      await get(edge, '/json/1?max_age=600');
      expect((await get(edge, '/json/1?max_age=600')).cacheStatus).toContain('; hit;');
    }
    const { body } = await admin(fra, 'POST', '/purge', { url: '/json/1?max_age=600', broadcast: true });
    expect(body).toMatchObject({
      objects: 1,
      confirmed: true,
      peers: [{ name: 'sin', confirmed: true, objects: 1 }],
    });
    for (const edge of [fra, sin])
      expect((await get(edge, '/json/1?max_age=600')).cacheStatus).toContain('fwd=');
    expect((await admin(sin, 'GET', '/state')).body).toMatchObject({ purges: { purges: 1, fromPeers: 1 } });
  });

  it('that is soft keeps the body for a revalidation', async () => {
    await get(fra, '/json/2?max_age=600');
    await admin(fra, 'POST', '/purge', { prefix: '/json/2', soft: true });
    expect((await get(fra, '/json/2?max_age=600')).cacheStatus).toContain('fwd-status=304');
    expect((await get(fra, '/json/2?max_age=600')).cacheStatus).toContain('; hit;');
  });

  it.each([
    ['its URL', { url: '/stream/100000?seconds=0.6&max_age=600&i=0' }],
    ['all', { all: true }],
    ['a prefix', { prefix: '/stream/' }],
  ])('of %s during a fill keeps what is under way out of the store', async (name, target) => {
    const path = `/stream/100000?seconds=0.6&max_age=600&i=${name === 'its URL' ? 0 : name.length}`;
    const filling = get(fra, path);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await admin(fra, 'POST', '/purge', target);
    expect((await filling).body.length).toBe(100_000);
    expect((await get(fra, path)).cacheStatus).toContain('fwd=uri-miss');
  });
});

describe('an operator', () => {
  it('warms URLs, which are hits then', async () => {
    const { body } = await admin(fra, 'POST', '/warm', {
      urls: ['/json/w1?max_age=60', '/json/w2?no_store'],
    });
    expect(body).toMatchObject({ asked: 2, stored: 1, notStored: [{ status: 200, detail: 'no-store' }] });
    expect((await get(fra, '/json/w1?max_age=60')).cacheStatus).toContain('; hit;');
  });

  it('pushes an object that no origin has, pins it, and it outlives a purge of nothing', async () => {
    const url = `http://127.0.0.1:${fra.adminAddress?.port}/objects?url=/pushed/page.html&pin=true&tags=site`;
    expect((await fetch(url, { method: 'PUT', body: Buffer.from('<h1>pushed</h1>') })).status).toBe(201);
    const reply = await get(fra, '/pushed/page.html');
    expect([reply.status, reply.body.toString(), reply.headers['content-type']]).toEqual([
      200,
      '<h1>pushed</h1>',
      'text/html; charset=utf-8',
    ]);
    expect((await admin(fra, 'GET', '/pins')).body).toMatchObject({ pins: [{ bytes: expect.any(Number) }] });
    await admin(fra, 'POST', '/purge', { tag: 'site' });
    expect((await get(fra, '/pushed/page.html')).status).toBe(404);
  });
});

// Many clients at once: collapsed forwarding shares what may be shared and nothing else, and streams it while it comes.

import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pair, startPair } from '../support/edge-and-origin.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const herd = (size: number, path: string, headers: (i: number) => Record<string, string> = () => ({})) =>
  Promise.all(Array.from({ length: size }, (_, i) => pair.get(path, headers(i))));

describe('a cold herd of 100', () => {
  it('costs the origin one request when the response may be shared', async () => {
    const replies = await herd(100, '/json/herd?max_age=60&delay_ms=300');
    expect(pair.asked('/json/herd')).toBe(1);
    expect(new Set(replies.map((reply) => reply.body.toString())).size).toBe(1);
    const collapsed = replies.filter((reply) => reply.cacheStatus.includes('; collapsed'));
    const hits = replies.filter((reply) => reply.cacheStatus.includes('; hit'));
    expect(collapsed.length + hits.length).toBe(99);
    expect(collapsed.length).toBeGreaterThan(0);
  });

  it.each(['no_store=1', 'private=1&max_age=60', 'max_age=60&set_cookie=1'])(
    'gives each client its own response for %s, in parallel',
    async (query) => {
      const path = `/json/own-${query.replace(/\W/g, '')}`;
      const startMs = performance.now();
      const replies = await herd(100, `${path}?${query}&delay_ms=200`);
      expect(pair.asked(path)).toBe(100);
      for (const reply of replies) expect(reply.cacheStatus).not.toMatch(/collapsed|; stored/);
      // One trip to learn that it cannot be shared, one for all others: far from 100 in a row (20 s).
      expect(performance.now() - startMs).toBeLessThan(10_000);
    },
  );

  it('is split by Vary: one origin request per variant', async () => {
    const replies = await herd(100, '/json/languages?max_age=60&vary=accept-language&delay_ms=200', (i) => ({
      'Accept-Language': i % 2 === 0 ? 'de' : 'fr',
    }));
    expect(pair.asked('/json/languages')).toBe(2);
    replies.forEach((reply, i) => {
      expect(reply.body.toString()).toContain(i % 2 === 0 ? 'accept-language=de' : 'accept-language=fr');
    });
  });

  it('shares one revalidation of an expired response', async () => {
    const path = '/json/reval?max_age=10&delay_ms=100';
    await pair.get(path);
    pair.advance(20);
    await herd(100, path);
    expect(pair.asked('/json/reval')).toBe(2);
  });

  it('tells each of those who waited, on kept connections too, that they did', async () => {
    const path = '/json/kept?max_age=10&delay_ms=100';
    const agent = new Agent({ keepAlive: true });
    const statuses = () =>
      Promise.all(
        Array.from({ length: 20 }, () => cacheStatusOf(pair.edge.addresses[0]?.port ?? 0, path, agent)),
      );
    await statuses();
    pair.advance(20);
    const revalidated = await statuses();
    agent.destroy();
    expect(revalidated.filter((status) => !status.includes('; collapsed'))).toHaveLength(1);
    expect(new Set(revalidated).size).toBe(2);
  });

  it('shares the failure of a dead origin too, and leaves nothing stuck', async () => {
    pair.origin.faults.add({ pathPrefix: '/json/dead', fault: { kind: 'reset' } });
    const replies = await herd(100, '/json/dead?max_age=60&delay_ms=100');
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([502]));
    // One trip and its one repetition.
    expect(pair.asked('/json/dead')).toBeLessThanOrEqual(4);
    pair.origin.faults.clear();
    expect((await pair.get('/json/dead?max_age=60')).status).toBe(200);
  });
});

describe('streaming', () => {
  it('gives the second client its first byte long before the fill ends', async () => {
    const path = '/stream/200000?seconds=3&max_age=60';
    const first = openStream(path);
    await first.firstByte;
    const second = openStream(path);
    await second.firstByte;
    expect([first.ended(), second.ended()]).toEqual([false, false]);
    expect(pair.asked('/stream/200000')).toBe(1);
    const bodies = await Promise.all([first.body, second.body]);
    expect(bodies[0]?.length).toBe(200_000);
    expect(bodies[1]).toEqual(bodies[0]);
    expect((await pair.get(path)).cacheStatus).toContain('; hit;');
  });

  it('goes on filling when the client who began it leaves', async () => {
    const path = '/stream/50000?seconds=1&max_age=60';
    const first = openStream(path);
    await first.firstByte;
    first.leave();
    await first.body.catch(() => {});
    await expect.poll(async () => (await pair.get(path)).cacheStatus, { timeout: 5000 }).toContain('; hit;');
    expect(pair.asked('/stream/50000')).toBe(1);
  });

  it('breaks off the origin when nobody wants what is not stored', async () => {
    const before = pair.origin.counters.bytes;
    const only = openStream('/stream/1000000?seconds=60&no_store=1');
    await only.firstByte;
    only.leave();
    await only.body.catch(() => {});
    // The origin sends a piece every 50 ms for a minute unless it is told to stop.
    await expect.poll(stoodStill, { timeout: 10_000 }).toBe(true);
    expect(pair.origin.counters.bytes - before).toBeLessThan(500_000);

    async function stoodStill(): Promise<boolean> {
      const then = pair.origin.counters.bytes;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return pair.origin.counters.bytes === then;
    }
  });

  it('does not store a fill that an unsafe request made history', async () => {
    const path = '/stream/20000?seconds=1&max_age=60';
    const fill = openStream(path);
    await fill.firstByte;
    await pair.get(path, {}, 'DELETE');
    expect((await fill.body).length).toBe(20_000);
    expect((await pair.get(path)).cacheStatus).toContain('fwd=uri-miss');
  });
});

function openStream(path: string) {
  let ended = false;
  const request = httpRequest({ host: '127.0.0.1', port: pair.edge.addresses[0]?.port, path, agent: false });
  let begun: () => void = () => {};
  const firstByte = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const body = new Promise<Buffer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        begun();
      });
      response.on('end', () => {
        ended = true;
        resolve(Buffer.concat(chunks));
      });
    });
  });
  body.catch(() => {});
  request.end();
  return { firstByte, body, ended: () => ended, leave: () => request.destroy() };
}

function cacheStatusOf(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.resume().on('end', () => resolve(String(response.headers['cache-status'])));
    });
    request.on('error', reject).end();
  });
}

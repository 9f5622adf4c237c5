// The generator against real servers on loopback whose behaviour is known.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { mayLoad } from '../../src/load/address-guard.ts';
import { runLoad } from '../../src/load/io/run-load.ts';
import { LatencyHistogram } from '../../src/load/latency-histogram.ts';
import type { LoadPlan } from '../../src/load/load-plan.ts';
import { mergeResults, percentilesMs } from '../../src/load/load-result.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Answers each request on a connection in its turn with what `reply` says. */
async function serve(reply: (socket: Socket, request: string) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => reply(socket, bytes.toString('latin1')));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const ok = (fields = '') => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${fields}\r\nok`;

function planFor(port: number, change: Partial<LoadPlan> = {}): LoadPlan {
  return {
    targets: [{ address: '127.0.0.1', port, host: 'a.test' }],
    spread: 'round-robin',
    requests: { kind: 'list', paths: ['/'], order: 'sequence' },
    loop: { kind: 'open', ratePerSecond: 200, arrivals: 'constant', mostConnections: 300 },
    durationMs: 300,
    warmUpMs: 0,
    timeoutMs: 5000,
    fields: [],
    spin: false,
    seed: 1,
    ...change,
  };
}

describe('coordinated omission', () => {
  const STALL_MS = 500;

  /** Stops answering anybody for a while, once, from its 20th request on. */
  async function stallingServer(): Promise<number> {
    let requests = 0;
    let stalledUntil = 0;
    return serve((socket) => {
      requests++;
      if (requests === 20) stalledUntil = performance.now() + STALL_MS;
      const wait = stalledUntil - performance.now();
      if (wait > 0) setTimeout(() => socket.write(ok()), wait);
      else socket.write(ok());
    });
  }

  it('does not happen in the open loop: all requests of the time of the stall show it', async () => {
    const result = await runLoad(planFor(await stallingServer(), { durationMs: 1000 }));
    const latency = LatencyHistogram.from(result.latency);
    // 100 requests fall into the stall, and half of them wait for half of it or longer.
    expect(result.requests).toBe(200);
    expect(latency.countFrom((STALL_MS / 2) * 1000)).toBeGreaterThanOrEqual(49);
    expect(latency.maxMicros).toBeGreaterThanOrEqual((STALL_MS - 10) * 1000);
    expect(percentilesMs(result.latency)['p90']).toBeGreaterThan(STALL_MS / 2);
  });

  it('not even with one connection: waiting for it counts', async () => {
    const loop = { kind: 'open', ratePerSecond: 200, arrivals: 'constant', mostConnections: 1 } as const;
    const result = await runLoad(planFor(await stallingServer(), { durationMs: 1000, loop }));
    expect(LatencyHistogram.from(result.latency).countFrom((STALL_MS / 2) * 1000)).toBeGreaterThanOrEqual(49);
    // What the server saw, and what a closed loop would have reported.
    const service = LatencyHistogram.from(result.service);
    expect(service.maxMicros).toBeGreaterThanOrEqual((STALL_MS - 10) * 1000);
    expect(service.countFrom((STALL_MS / 2) * 1000)).toBeLessThan(20);
  });

  it('is what a closed loop does', async () => {
    const loop = { kind: 'closed', connections: 2, thinkMs: 1 } as const;
    const result = await runLoad(planFor(await stallingServer(), { durationMs: 800, loop }));
    const stalled = LatencyHistogram.from(result.latency).countFrom((STALL_MS - 10) * 1000);
    expect(stalled).toBeGreaterThanOrEqual(1);
    expect(stalled).toBeLessThanOrEqual(2);
  });
});

describe('what is counted', () => {
  it('statuses, hit ratio, POPs and bytes', async () => {
    let n = 0;
    const port = await serve((socket, request) => {
      n++;
      const hit = n % 4 !== 1;
      expect(request).toMatch(/^GET \/json\/\d\?max_age=10 HTTP\/1.1\r\nHost: a.test\r\nX-Test: 1\r\n\r\n$/);
      socket.write(ok(`X-POP: fra\r\nCache-Status: x; ${hit ? 'hit; ttl=9' : 'fwd=uri-miss; stored'}\r\n`));
    });
    const result = await runLoad(
      planFor(port, {
        requests: {
          kind: 'items',
          path: '/json/{item}?max_age=10',
          popularity: { kind: 'uniform', items: 9 },
        },
        fields: ['X-Test', '1'],
        durationMs: 200,
      }),
    );
    expect(result).toMatchObject({
      requests: 40,
      statuses: { 200: 40 },
      errors: {},
      results: { hit: 30, miss: 10 },
      hitRatio: 0.75,
      byteHitRatio: 0.75,
      pops: { fra: 40 },
      bytes: 80,
    });
    expect(result.series[0]).toMatchObject({ started: 40, completed: 40, hits: 30 });
    const twice = mergeResults([result, result]);
    expect(twice).toMatchObject({ requests: 80, hitRatio: 0.75, results: { hit: 60 } });
    expect(LatencyHistogram.from(twice.latency).count).toBe(80);
  });

  it('nothing of the warm-up', async () => {
    let served = 0;
    const port = await serve((socket) => {
      served++;
      socket.write(ok());
    });
    const result = await runLoad(planFor(port, { durationMs: 100, warmUpMs: 100 }));
    expect([served, result.requests]).toEqual([40, 20]);
  });
});

describe('trouble', () => {
  it('by name: refused, closed, truncated, silent, no HTTP', async () => {
    const errorsOf = async (port: number, timeoutMs = 1000) =>
      (await runLoad(planFor(port, { durationMs: 20, timeoutMs }))).errors;
    const gone = await serve(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await errorsOf(gone)).toEqual({ ECONNREFUSED: 4 });
    expect(await errorsOf(await serve((socket) => socket.end()))).toEqual({ 'closed-without-answer': 4 });
    const truncating = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    expect(await errorsOf(truncating)).toEqual({ truncated: 4 });
    expect(await errorsOf(await serve(() => {}), 50)).toEqual({ timeout: 4 });
    expect(await errorsOf(await serve((socket) => socket.write('SSH-2.0\r\n\r\n')))).toEqual({
      'not-http': 4,
    });
  });

  it('is none when the server closes kept connections between requests', async () => {
    const port = await serve((socket) => socket.end(ok()));
    const result = await runLoad(planFor(port, { durationMs: 100 }));
    expect(result).toMatchObject({ requests: 20, statuses: { 200: 20 }, errors: {} });
  });

  it('ends at once when it is aborted', async () => {
    const stop = new AbortController();
    const port = await serve((socket) => {
      socket.write(ok());
      stop.abort();
    });
    const result = await runLoad(planFor(port, { durationMs: 60_000 }), { signal: stop.signal });
    expect(result.requests).toBeLessThan(100);
  });
});

describe('where load may go', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.0.2.1', true],
    ['198.19.240.2', true],
    ['2001:db8:a000::1', true],
    ['10.0.0.1', false],
    ['100.64.0.1', false],
    ['1.1.1.1', false],
    ['2606:4700::1', false],
    ['::ffff:1.1.1.1', false],
    ['example.com', false],
  ])('%s: %s', (address, expected) => {
    expect(mayLoad(address)).toBe(expected);
  });
});

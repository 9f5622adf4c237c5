// Several origins, peers and parents on real sockets: who is asked, in what order, and what the trace says about it.

import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { startUpstream } from '../../../src/edge/io/upstream-start.ts';
import { type UpstreamConfigInput, upstreamSchema } from '../../../src/edge/upstream/upstream-config.ts';
import type { Upstream } from '../../../src/edge/upstream.ts';
import { ask, type RawServer, startRawServer } from './raw-server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Behaviour = (socket: Socket, head: string, number: number) => void;

const says = (text: string, status = '200 OK'): Behaviour => {
  return (socket) => socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
};
const resets: Behaviour = (socket) => socket.resetAndDestroy();
const hangs: Behaviour = () => {};

async function serving(behaviour: Behaviour): Promise<RawServer> {
  const server = await startRawServer((...args) => behaviour(...args));
  closers.push(() => server.close());
  return server;
}

async function deadPort(): Promise<number> {
  const server = await startRawServer(hangs);
  await server.close();
  return server.port;
}

type Input = Omit<UpstreamConfigInput, 'origin'> & { origin?: Partial<UpstreamConfigInput['origin']> };

function start(input: Input, pop = 'ams'): Upstream {
  const origin = { host: 'origin.test', headersTimeoutMs: 500, connectTimeoutMs: 500, ...input.origin };
  const upstream = startUpstream(z.parse(upstreamSchema, { ...input, origin }), pop);
  closers.push(() => upstream.close());
  return upstream;
}

const at = (port: number, more: object = {}) => ({ address: '127.0.0.1', port, ...more });
const member = (upstream: Upstream, name: string) =>
  upstream.report?.().members.find((candidate) => candidate.name === name);
const memberAfter = async (upstream: Upstream, name: string, wanted: object) =>
  expect.poll(() => member(upstream, name), { timeout: 5000 }).toMatchObject(wanted);

describe('several origins', () => {
  it('share by weight, and each choice says why', async () => {
    const [a, b] = [await serving(says('a')), await serving(says('b'))];
    const upstream = start({ origins: [at(a.port, { name: 'a', weight: 3 }), at(b.port, { name: 'b' })] });
    const outcomes = [];
    for (let i = 0; i < 40; i++) outcomes.push(await ask(upstream));
    expect(outcomes.filter(({ body }) => body === 'a').length).toBe(30);
    expect(outcomes[0]?.choices).toEqual([
      { tier: 'origin', member: 'a', attempt: 1, reason: 'round-robin' },
    ]);
  });

  it('the next is tried when one is not there, resets or hangs, and the request says CDN-Loop', async () => {
    const good = await serving(says('good'));
    for (const [port, error] of [
      [await deadPort(), 'connection_refused'],
      [(await serving(resets)).port, 'connection_terminated'],
      [(await serving(hangs)).port, 'http_response_timeout'],
    ] as const) {
      const upstream = start({
        origins: [at(port, { name: 'bad' }), at(good.port, { name: 'good', priority: 1 })],
      });
      const { body, choices } = await ask(upstream);
      expect(body).toBe('good');
      expect(choices.map(({ member }) => member)).toEqual(['bad', 'good']);
      expect(choices[1]?.reason).toContain(`after ${error} of bad`);
    }
    expect(good.heads[0]).toMatch(/\r\nCDN-Loop: catchment-ams$/m);
  });

  it('a request that may have been acted on is not sent twice; one that never left is', async () => {
    const [reset, good] = [await serving(resets), await serving(says('good'))];
    const origins = (port: number) => [
      at(port, { name: 'bad' }),
      at(good.port, { name: 'good', priority: 1 }),
    ];
    const dead = await deadPort();
    expect((await ask(start({ origins: origins(reset.port) }), { method: 'POST' })).failure?.error).toBe(
      'connection_terminated',
    );
    expect((await ask(start({ origins: origins(dead) }), { method: 'POST' })).body).toBe('good');
    const body = new PassThrough();
    body.end('x');
    expect((await ask(start({ origins: origins(dead) }), { method: 'PUT', body })).failure?.error).toBe(
      'connection_refused',
    );
  });

  it('nothing is tried again once the head is out', async () => {
    const bad = await serving((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    const good = await serving(says('good'));
    const upstream = start({ origins: [at(bad.port), at(good.port, { priority: 1 })] });
    expect((await ask(upstream)).events).toEqual(['head', 'failure']);
    expect(good.heads.length).toBe(0);
  });

  it('a status can send a request on, and is handed on when there is nobody else', async () => {
    const bad = await serving(says('busy', '503 Service Unavailable'));
    const good = await serving(says('good'));
    const retries = { statuses: [503] };
    const two = start({ origins: [at(bad.port, { name: 'bad' }), at(good.port, { priority: 1 })], retries });
    expect(await ask(two)).toMatchObject({ status: 200, body: 'good', events: ['head', 'end'] });
    expect(await ask(start({ origins: [at(bad.port)], retries }))).toMatchObject({
      status: 503,
      body: 'busy',
    });
  });

  it('retries are a share of the requests', async () => {
    const bad = await serving(resets);
    const other = await serving(resets);
    const upstream = start({
      origins: [at(bad.port), at(other.port, { priority: 1 })],
      retries: { budget: 0.1, minPerSecond: 0 },
      circuitBreaker: { failures: 100_000 },
    });
    for (let i = 0; i < 100; i++) await ask(upstream);
    expect([bad.heads.length, other.heads.length]).toEqual([100, 10]);
    expect(upstream.report?.().retriesRefused).toBe(90);
  });

  it('the circuit of a bad one opens, and closes again after a good trial', async () => {
    let behaviour = resets;
    const flapping = await serving((...args) => behaviour(...args));
    const good = await serving(says('good'));
    const upstream = start({
      origins: [at(flapping.port, { name: 'flapping' }), at(good.port, { name: 'good', priority: 1 })],
      circuitBreaker: { failures: 3, openMs: 200 },
    });
    for (let i = 0; i < 10; i++) expect((await ask(upstream)).body).toBe('good');
    expect(flapping.heads.length).toBe(3);
    expect(member(upstream, 'flapping')).toMatchObject({ circuit: 'open', reason: 'connection_terminated' });
    behaviour = says('back');
    await memberAfter(upstream, 'flapping', { circuit: 'half-open' });
    expect((await ask(upstream)).body).toBe('back');
    expect(member(upstream, 'flapping')?.circuit).toBe('closed');
  });

  it('with all circuits open a request fails at once, unasked', async () => {
    const bad = await serving(resets);
    const upstream = start({ origins: [at(bad.port)], circuitBreaker: { failures: 1, openMs: 60_000 } });
    await ask(upstream);
    expect((await ask(upstream)).failure).toMatchObject({ status: 503, error: 'destination_unavailable' });
    expect(bad.heads.length).toBe(1);
  });

  it('active checks take one out and bring it back; with all down they are tried all the same', async () => {
    let status = '500 No';
    const sick = await serving((socket, head) =>
      head.startsWith('GET /up') ? says('', status)(socket, head, 0) : says('sick')(socket, head, 0),
    );
    const healthCheck = { path: '/up', intervalMs: 30, rise: 2, fall: 2, timeoutMs: 500 };
    const well = await serving(says('well'));
    const upstream = start({
      origins: [at(sick.port, { name: 'sick' }), at(well.port, { priority: 1 })],
      healthCheck,
    });
    await memberAfter(upstream, 'sick', { health: 'down', reason: 'check: status 500' });
    expect((await ask(upstream)).body).toBe('well');
    const alone = start({ origins: [at(sick.port, { name: 'sick' })], healthCheck });
    await memberAfter(alone, 'sick', { health: 'down' });
    const outcome = await ask(alone);
    expect([outcome.body, outcome.choices[0]?.reason]).toEqual([
      'sick',
      'round-robin; all are down by their checks',
    ]);
    status = '200 OK';
    await memberAfter(upstream, 'sick', { health: 'up' });
    expect((await ask(upstream)).body).toBe('sick');
  });

  it('a full origin makes a few wait, until their deadline, and refuses the rest', async () => {
    const answers: (() => void)[] = [];
    const slow = await serving((socket) => answers.push(() => says('done')(socket, '', 0)));
    const upstream = start({
      origin: { connections: 2, queue: 2, queueTimeoutMs: 300, headersTimeoutMs: 5000 },
      origins: [at(slow.port, { name: 'slow' })],
    });
    const asked = Array.from({ length: 5 }, () => ask(upstream));
    expect((await asked[4])?.failure).toMatchObject({ status: 503, error: 'connection_limit_reached' });
    expect(member(upstream, 'slow')).toMatchObject({ inFlight: 2, queued: 2 });
    await expect.poll(() => answers.length).toBe(2);
    answers.shift()?.();
    expect((await Promise.race([asked[0], asked[1]]))?.body).toBe('done');
    expect((await asked[3])?.failure?.detail).toContain('300 ms');
    for (const answer of answers.splice(0)) answer();
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter(({ body }) => body === 'done').length).toBe(3);
    expect(member(upstream, 'slow')).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('a request given up while it waits leaves its place', async () => {
    const slow = await serving(hangs);
    const upstream = start({
      origin: { connections: 1, headersTimeoutMs: 60_000 },
      origins: [at(slow.port, { name: 'slow' })],
    });
    const first = ask(upstream, {}, (exchange) => setTimeout(() => exchange.abort(), 100));
    const second = ask(upstream, {}, (exchange) => setTimeout(() => exchange.abort(), 30));
    expect((await second).events).toEqual(['failure']);
    await first;
    expect(member(upstream, 'slow')).toMatchObject({
      inFlight: 0,
      queued: 0,
      circuit: 'closed',
      failures: 0,
    });
  });
});

describe('peers', () => {
  const names = ['ams-1', 'ams-2', 'ams-3'];
  const started = async (ports: number[], origin: RawServer, more: object = {}) =>
    start({
      origin: at(origin.port) as { address: string; port: number },
      peers: {
        self: 'ams-1',
        members: names.map((name, i) => ({ name, ...at(ports[i] as number) })),
        balance: { policy: 'consistent-hash' },
        ...more,
      },
    });

  it('get the keys they own, with the Host the client asked for; own keys go on to the origin', async () => {
    const [two, three] = [await serving(says('two')), await serving(says('three'))];
    const origin = await serving(says('origin'));
    const upstream = await started([1, two.port, three.port], origin);
    const bodies = new Map<string, string>();
    for (let i = 0; i < 60; i++) {
      const { body, choices } = await ask(upstream, { key: `key-${i}`, authority: 'www.test' });
      bodies.set(`key-${i}`, body);
      if (body === 'origin') expect(choices[0]?.reason).toContain('this edge serves the key');
    }
    expect(new Set(bodies.values())).toEqual(new Set(['origin', 'two', 'three']));
    expect(two.heads.find((head) => !head.includes('/healthz'))).toMatch(/^host: www\.test$/m);
    expect(origin.heads[0]).toMatch(/^host: origin\.test$/m);
    for (const [key, body] of bodies) expect((await ask(upstream, { key })).body).toBe(body);
  });

  it.each([
    ['Via', '1.1 catchment-ams-2'],
    ['CDN-Loop', 'other-cdn, catchment-ams-2'],
  ])('what came from one (%s) is not sent to another', async (name, value) => {
    const [two, origin] = [await serving(says('two')), await serving(says('origin'))];
    const upstream = await started([1, two.port, two.port], origin);
    for (let i = 0; i < 20; i++) {
      const { body, choices } = await ask(upstream, { key: `key-${i}`, fields: ['Host', 'o', name, value] });
      expect([body, choices[0]?.reason]).toEqual([
        'origin',
        expect.stringContaining('came from the peer catchment-ams-2'),
      ]);
    }
  });

  it('a dead one is skipped at once and its keys are served without it', async () => {
    const [two, origin] = [await serving(says('two')), await serving(says('origin'))];
    const upstream = await started([1, two.port, await deadPort()], origin, {
      healthCheck: { intervalMs: 60_000 },
    });
    for (let i = 0; i < 60; i++) expect((await ask(upstream, { key: `key-${i}` })).failure).toBeUndefined();
    expect(member(upstream, 'ams-3')).toMatchObject({ circuit: 'open', requests: 1 });
  });

  it('one that answers 508 is passed by', async () => {
    const [two, origin] = [await serving(says('', '508 Loop Detected')), await serving(says('origin'))];
    const upstream = await started([1, two.port, two.port], origin);
    for (let i = 0; i < 10; i++)
      expect(await ask(upstream, { key: `key-${i}` })).toMatchObject({ status: 200, body: 'origin' });
  });
});

describe('shield', () => {
  const parents = (one: number, two: number) => [
    { name: 'fra', ...at(one) },
    { name: 'nyc', ...at(two) },
  ];

  it('parents are chosen by key, or by the POP a route names; false goes to the origin', async () => {
    const [fra, nyc, origin] = [
      await serving(says('fra')),
      await serving(says('nyc')),
      await serving(says('o')),
    ];
    const upstream = start({ origin: at(origin.port), shield: { parents: parents(fra.port, nyc.port) } });
    const bodies = new Set<string>();
    for (let i = 0; i < 20; i++) bodies.add((await ask(upstream, { key: `key-${i}` })).body);
    expect(bodies).toEqual(new Set(['fra', 'nyc']));
    for (let i = 0; i < 5; i++)
      expect((await ask(upstream, { key: `key-${i}`, shield: 'nyc' })).body).toBe('nyc');
    expect((await ask(upstream, { shield: false })).body).toBe('o');
    const byRoute = start({
      origin: at(origin.port),
      shield: { parents: parents(fra.port, nyc.port), everyRoute: false },
    });
    expect((await ask(byRoute)).body).toBe('o');
    expect((await ask(byRoute, { shield: 'fra' })).body).toBe('fra');
  });

  it('fails over to the other parent, then to the origin', async () => {
    const [nyc, origin] = [await serving(says('nyc')), await serving(says('origin'))];
    const one = start({ origin: at(origin.port), shield: { parents: parents(await deadPort(), nyc.port) } });
    for (let i = 0; i < 10; i++) expect((await ask(one, { key: `key-${i}` })).body).toBe('nyc');
    const none = start({
      origin: at(origin.port),
      shield: { parents: parents(await deadPort(), await deadPort()) },
    });
    const { body, choices } = await ask(none, { method: 'POST' });
    expect(body).toBe('origin');
    expect(choices.at(-1)).toMatchObject({
      tier: 'origin',
      reason: expect.stringContaining('connection_refused'),
    });
  });

  it('a parent that drains is left out', async () => {
    const fra = await serving((socket, head) =>
      head.includes('/healthz') ? says('', '503 Draining')(socket, head, 0) : says('fra')(socket, head, 0),
    );
    const origin = await serving(says('origin'));
    const upstream = start({
      origin: at(origin.port),
      shield: { parents: [{ name: 'fra', ...at(fra.port) }], healthCheck: { intervalMs: 30 } },
    });
    await memberAfter(upstream, 'fra', { health: 'down' });
    expect((await ask(upstream)).body).toBe('origin');
  });

  it('a request that waits for a parent when checks take it down goes on to the origin, if it may', async () => {
    let silent = false;
    const fra = await serving((socket, head) => {
      if (!silent) says('fra')(socket, head, 0);
    });
    const origin = await serving(says('origin'));
    const upstream = start({
      origin: { ...at(origin.port), headersTimeoutMs: 60_000 },
      shield: {
        parents: [{ name: 'fra', ...at(fra.port) }],
        healthCheck: { intervalMs: 30, timeoutMs: 50, fall: 2 },
      },
    });
    expect((await ask(upstream)).body).toBe('fra');
    silent = true;
    const { body, choices } = await ask(upstream);
    expect(body).toBe('origin');
    expect(choices.at(-1)).toMatchObject({
      tier: 'origin',
      attempt: 2,
      reason: expect.stringContaining('fra is down by its checks'),
    });
    expect(member(upstream, 'fra')).toMatchObject({ health: 'down', inFlight: 0, failures: 1 });
  });

  it('one that must not be sent twice waits on', async () => {
    let answer: (() => void) | undefined;
    const fra = await serving((socket, head) => {
      if (head.startsWith('POST')) answer = () => says('fra')(socket, head, 0);
    });
    const origin = await serving(says('origin'));
    const upstream = start({
      origin: { ...at(origin.port), headersTimeoutMs: 60_000 },
      shield: {
        parents: [{ name: 'fra', ...at(fra.port) }],
        healthCheck: { intervalMs: 300, timeoutMs: 50, fall: 1 },
      },
    });
    const asked = ask(upstream, { method: 'POST' });
    await memberAfter(upstream, 'fra', { health: 'down' });
    answer?.();
    expect((await asked).body).toBe('fra');
    expect(origin.heads).toEqual([]);
  });

  it('the shield itself asks the origin', async () => {
    const [fra, origin] = [await serving(says('fra')), await serving(says('origin'))];
    const shield = { parents: [{ name: 'fra', ...at(fra.port) }] };
    const { body, choices } = await ask(start({ origin: at(origin.port), shield }, 'fra'));
    expect([body, choices[0]?.reason]).toEqual(['origin', 'this POP is the shield; round-robin']);
  });
});

// The topology `world`, once: the shape of what programs read, catchments as predicted, what Calder et al. found
// ("Analyzing the Performance of an Anycast CDN", IMC 2015: a fifth of clients not at their best POP), and DNS steering
// around a POP that dies without a word.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FoundLab, findLab } from '../../src/deployment/labs.ts';
import { labRunner, until } from './lab-runner.ts';

const { folder, lab, json, status, clear } = labRunner();
process.env['CATCHMENT_LAB_DIR'] = folder;

let found: FoundLab;
beforeAll(async () => {
  const up = lab('up', 'world', '--no-compare', '--yes');
  expect(up.code, up.err).toBe(0);
  found = await findLab('world');
});
afterAll(clear);

const name = z.string().min(1);
const nullableMs = z.number().min(0).nullable();
const share = z.number().min(0).max(1);

describe('status --json', () => {
  const impairment = z.looseObject({ delayMs: z.number().min(0) });
  const shape = z.looseObject({
    name: z.literal('world'),
    topology: z.literal('world'),
    runtime: z.literal('netns'),
    shaping: z.enum(['netem', 'relay']),
    state: z.enum(['starting', 'ready', 'degraded', 'stopping', 'dead']),
    nodes: z.array(
      z.looseObject({
        name,
        kind: name,
        city: name,
        asn: z.int().positive(),
        addresses: z.array(z.union([z.ipv4(), z.ipv6()])),
        services: z.array(
          z.looseObject({
            name,
            state: z.enum(['starting', 'running', 'stopped', 'failed']),
            healthy: z.boolean(),
          }),
        ),
      }),
    ),
    links: z.array(
      z.looseObject({ name, a: name, b: name, state: z.literal('up'), aToB: impairment, bToA: impairment }),
    ),
    pops: z.array(
      z.looseObject({
        name,
        city: name,
        healthy: z.boolean(),
        announced: z.array(z.enum(['anycast-http', 'anycast-dns'])),
      }),
    ),
  });

  it('has the shape that programs rely on, and a world in it', async () => {
    // On a busy machine a health check may be late just now.
    await until('world is ready', () => status().state === 'ready');
    const now = shape.parse(status());
    expect(now.pops.length).toBeGreaterThanOrEqual(6);
    expect(now.nodes.filter((node) => node.kind === 'client').length).toBeGreaterThanOrEqual(14);
    for (const pop of now.pops) expect(pop.announced, pop.name).toEqual(['anycast-http', 'anycast-dns']);
    const names = new Set(now.nodes.map((node) => node.name));
    for (const link of now.links)
      expect([names.has(link.a), names.has(link.b)], link.name).toEqual([true, true]);
  });
});

describe('catchments', () => {
  const row = z.object({
    client: name,
    predicted: name,
    asPath: z.array(z.union([z.number(), z.string()])),
    rttMs: z.number(),
    best: z.object({ pop: name, rttMs: z.number() }),
    explanation: name,
  });
  const planned = z.array(row);
  const measured = z.array(row.extend({ measured: name, agrees: z.literal(true) }));

  it.each(['4', '6'])('are as predicted for every client over IPv%s', (family) => {
    const rows = measured.parse(json('catchment', '--family', family));
    expect(rows.map((row) => row.client)).toEqual(found.topology.clients.map((client) => client.name));
    expect(rows.map((row) => [row.client, row.measured])).toEqual(
      rows.map((row) => [row.client, row.predicted]),
    );
  });

  it('are not the best ones for 10 to 35 % of locations', () => {
    const rows = planned.parse(json('catchment', '--predicted'));
    const misled = rows.filter((row) => row.rttMs > row.best.rttMs);
    expect(misled.length / rows.length).toBeGreaterThanOrEqual(0.1);
    expect(misled.length / rows.length).toBeLessThanOrEqual(0.35);
    expect(Math.max(...misled.map((row) => row.rttMs - row.best.rttMs))).toBeGreaterThan(25);
  });
});

describe('compare --json', () => {
  const strategy = z.looseObject({
    pop: name,
    rttMs: z.number().positive(),
    resolveMs: nullableMs,
    totalMs: z.number().positive(),
    inflationMs: z.number().min(0),
    reason: name,
    cold: z.object({ resolveMs: nullableMs, totalMs: nullableMs }),
  });
  const shape = z.looseObject({
    topology: z.literal('world'),
    seed: z.int(),
    timers: z.enum(['fast', 'default', 'internet']),
    shaping: z.enum(['netem', 'relay']),
    fidelity: z.looseObject({
      samples: z.int().positive(),
      withinTolerance: share,
      p95ErrorMs: z.number().min(0),
    }),
    family: z.literal(4),
    clients: z.array(
      z.looseObject({
        name,
        city: name,
        users: z.number().positive(),
        best: z.object({ pop: name, rttMs: z.number().positive() }),
        strategies: z.looseObject({ anycast: strategy, 'dns-nearest': strategy, 'dns-latency': strategy }),
      }),
    ),
  });

  it('prints one object: who anycast misleads, by how much, and for which AS path and relationship', () => {
    const { code, out, err } = lab('compare', '--json', '--samples', '3', '--family', '4');
    expect(code, err).toBe(0);
    const comparison = shape.parse(JSON.parse(out)); // throws unless it is exactly one JSON value
    const { clients } = comparison;
    expect(clients.map((client) => client.name)).toEqual(found.topology.clients.map((client) => client.name));
    const misled = clients.filter((client) => client.strategies.anycast.pop !== client.best.pop);
    expect(misled.length / clients.length).toBeGreaterThanOrEqual(0.1);
    expect(misled.length / clients.length).toBeLessThanOrEqual(0.35);
    expect(misled.some((client) => client.strategies.anycast.inflationMs > 25)).toBe(true);
    for (const client of misled) expect(client.strategies.anycast.reason, client.name).toMatch(/AS path/);
    const reasons = misled.map((client) => client.strategies.anycast.reason).join('\n');
    expect(reasons).toMatch(/customer|peer|provider/);
  });
});

describe('names', () => {
  it('are resolved in every client node by dig @resolver, both families', async () => {
    const addresses = found.topology.pops.flatMap((pop) => [pop.edge.ipv4, pop.edge.ipv6]);
    for (const client of found.topology.clients) {
      const dig = ['dig', '+short', '+tries=3', '@resolver', 'www.cdn.test', 'A', 'www.cdn.test', 'AAAA'];
      const { stdout } = await found.lab.exec(client.name, dig);
      const answers = stdout.trim().split('\n');
      expect(answers, client.name).toHaveLength(2);
      for (const answer of answers) expect(addresses, client.name).toContain(answer);
    }
  });

  it('of cities make a traceroute readable', () => {
    const { code, out } = lab('exec', 'mumbai', '--', 'traceroute', '-w', '3', 'anycast.cdn.test');
    expect(code).toBe(0);
    // Mumbai's provider hands over at home and the packet comes out in Frankfurt.
    expect(out).toMatch(/mumbai\.net\.test/);
    expect(out).toMatch(/frankfurt\.net\.test|london\.net\.test/);
    expect(out).toMatch(/anycast\.cdn\.test/);
  });
});

describe('a POP that dies silently', () => {
  it('is avoided by DNS, and used again after it is restored', async () => {
    const pop = found.topology.pops.find((each) => each.name === 'pop-fra');
    // A fresh label each time, so that no resolver answers from its cache.
    let asked = 0;
    const answer = async () => {
      const label = `silent${++asked}.latency.cdn.test`;
      const { stdout } = await found.lab.exec('london', ['dig', '+short', '+tries=1', '@resolver', label]);
      return stdout.trim();
    };
    await until('London is sent to Frankfurt', async () => (await answer()) === pop?.edge.ipv4);
    expect(lab('fail', 'pop-fra').code).toBe(0);
    const others = found.topology.pops
      .filter((each) => each.name !== 'pop-fra')
      .map((each) => each.edge.ipv4);
    await until('London is sent elsewhere', async () => others.includes(await answer()));
    expect(status().pops.find((each) => each.name === 'pop-fra')?.healthy).toBe(false);
    expect(lab('restore', 'pop-fra').code).toBe(0);
    await until('London is sent to Frankfurt again', async () => (await answer()) === pop?.edge.ipv4);
    await until('world is ready again', () => status().state === 'ready');
  });
});

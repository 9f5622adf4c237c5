// Whole edges in front of each other: the herd, the chain of Cache-Status, who asked, loops, and a shield that dies.

import { Agent, request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EdgeConfigInput, parseEdgeConfig } from '../../../src/edge/config.ts';
import { type RunningEdge, startEdge } from '../../../src/edge/io/start-edge.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../../src/origin/io/start-origin.ts';
import { freePorts } from '../../net/support/free-port.ts';
import { fetchOnce, loopback } from '../support/edge-and-origin.ts';

const agent = new Agent({ keepAlive: true });
let origin: RunningOrigin;
const running: RunningEdge[] = [];
beforeEach(async () => {
  origin = await startOrigin(parseOriginConfig(JSON.stringify({ listen: [loopback] }), 'test'));
});
afterEach(async () => {
  agent.destroy();
  for (const edge of running.splice(0)) await edge.close();
  await origin.close();
});

async function edgeAt(port: number, pop: string, more: Partial<EdgeConfigInput> = {}): Promise<RunningEdge> {
  const config = {
    listen: [{ address: '127.0.0.1', port }],
    pop,
    origin: { host: 'origin.cdn.test', address: '127.0.0.1', port: origin.addresses[0]?.port ?? 0 },
    ...more,
  };
  const edge = await startEdge(parseEdgeConfig(JSON.stringify(config), 'test'));
  running.push(edge);
  return edge;
}

const portOf = (edge: RunningEdge) => edge.addresses[0]?.port ?? 0;
const asked = (path: string) => origin.counters.byPath.get(path) ?? 0;
const parent = (name: string, port: number) => ({ name, address: '127.0.0.1', port });
const herd = (ports: number[], path: string) =>
  Promise.all(Array.from({ length: 1000 }, (_, i) => get(ports[i % ports.length] as number, path)));

/** Over kept connections: a thousand new ones would take longer than what is tested. */
function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

describe('a thousand simultaneous misses', () => {
  const path = '/json/herd?max_age=60&delay_ms=300';

  it('are one origin request per edge without a shield, one in all with it', async () => {
    const alone = [await edgeAt(0, 'ams'), await edgeAt(0, 'nyc'), await edgeAt(0, 'sin')];
    const replies = await herd(alone.map(portOf), path);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(asked('/json/herd')).toBe(3);

    const fra = await edgeAt(0, 'fra');
    const shield = { parents: [parent('fra', portOf(fra))] };
    const shielded = [await edgeAt(0, 'ams', { shield }), await edgeAt(0, 'nyc', { shield }), fra];
    const others = await herd(shielded.map(portOf), '/json/shielded?max_age=60&delay_ms=300');
    expect(new Set(others.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(asked('/json/shielded')).toBe(1);
  });

  it('are one in all among the edges of a POP, and each object is with its owner', async () => {
    const ports = await freePorts(3);
    const members = ports.map((port, i) => parent(`ams-${i + 1}`, port));
    await Promise.all(
      members.map(({ name, port }) => edgeAt(port, 'ams', { peers: { self: name, members } })),
    );
    const replies = await herd(ports, path);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(asked('/json/herd')).toBe(1);
    for (let i = 0; i < 20; i++) for (const port of ports) await fetchOnce(port, `/json/${i}?max_age=60`);
    for (let i = 0; i < 20; i++) expect(asked(`/json/${i}`)).toBe(1);
  });
});

describe('edges that die', () => {
  it('as the shield: one origin request per edge left', async () => {
    const fra = await edgeAt(0, 'fra');
    const shield = { parents: [parent('fra', portOf(fra))] };
    const left = [await edgeAt(0, 'ams', { shield }), await edgeAt(0, 'nyc', { shield })];
    await fra.close();
    const replies = await herd(left.map(portOf), '/json/herd?max_age=60&delay_ms=200');
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(asked('/json/herd')).toBe(2);
  });

  it('as a peer in the middle of its fills: everybody is answered', async () => {
    const ports = await freePorts(3);
    const members = ports.map((port, i) => parent(`ams-${i + 1}`, port));
    const [, , third] = await Promise.all(
      members.map(({ name, port }) => edgeAt(port, 'ams', { peers: { self: name, members } })),
    );
    const asking = Array.from({ length: 24 }, (_, i) =>
      get(ports[i % 2] as number, `/json/${i >> 1}?max_age=60&delay_ms=300`),
    );
    setTimeout(() => void third?.close(), 100);
    for (const { status } of await Promise.all(asking)) expect(status).toBe(200);
  });
});

describe('a child and its parent', () => {
  it('say both what they did, and the parent sees who asked', async () => {
    const fra = await edgeAt(0, 'fra', { forwarded: { trust: ['127.0.0.0/8'] } });
    const ams = await edgeAt(0, 'ams', { shield: { parents: [parent('fra', portOf(fra))] } });
    const miss = await fetchOnce(portOf(ams), '/echo/1?max_age=60', { 'X-Forwarded-For': '6.6.6.6' });
    expect(miss.cacheStatus).toMatch(/^catchment-fra; fwd=uri-miss.*, catchment-ams; fwd=uri-miss/);
    const { fields } = JSON.parse(miss.body.toString()) as { fields: string[] };
    const value = (name: string) => fields[fields.findIndex((field) => field.toLowerCase() === name) + 1];
    expect(value('via')).toBe('1.1 catchment-ams, 1.1 catchment-fra');
    expect(value('cdn-loop')).toBe('catchment-ams, catchment-fra');
    expect(value('host')).toBe('origin.cdn.test');
    expect((await fetchOnce(portOf(ams), '/echo/1?max_age=60')).cacheStatus).toContain('catchment-ams; hit');
    const second = await edgeAt(0, 'nyc', { shield: { parents: [parent('fra', portOf(fra))] } });
    expect((await fetchOnce(portOf(second), '/echo/1?max_age=60')).cacheStatus).toMatch(
      /^catchment-fra; hit.*, catchment-nyc; fwd=uri-miss/,
    );
    expect(asked('/echo/1')).toBe(1);
  });

  it('go on without the parent when it dies', async () => {
    const fra = await edgeAt(0, 'fra');
    const ams = await edgeAt(0, 'ams', { shield: { parents: [parent('fra', portOf(fra))] } });
    expect((await fetchOnce(portOf(ams), '/json/1')).cacheStatus).toContain('catchment-fra');
    await fra.close();
    const reply = await fetchOnce(portOf(ams), '/json/2');
    expect([reply.status, reply.cacheStatus]).toEqual([200, expect.not.stringContaining('catchment-fra')]);
  });

  it('send nothing in a circle, and refuse what has been here', async () => {
    const [one, two] = (await freePorts(2)) as [number, number];
    await edgeAt(one, 'ams', { shield: { parents: [parent('fra', two)] } });
    await edgeAt(two, 'fra', { shield: { parents: [parent('ams', one)] } });
    expect((await fetchOnce(one, '/json/1')).status).toBe(200);
    expect(asked('/json/1')).toBe(1);
    expect((await fetchOnce(one, '/json/1', { Via: '1.1 other, 1.1 catchment-ams' })).status).toBe(508);
  });
});

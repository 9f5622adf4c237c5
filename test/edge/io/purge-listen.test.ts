// Edges that purge each other by their addresses, without tokens: who may, and for what.

import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EdgeConfigInput, parseEdgeConfig } from '../../../src/edge/config.ts';
import { peerAddresses } from '../../../src/edge/io/peer-access.ts';
import { type RunningEdge, startEdge } from '../../../src/edge/io/start-edge.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../../src/origin/io/start-origin.ts';
import { fetchOnce, loopback } from '../support/edge-and-origin.ts';

let origin: RunningOrigin;
let sin: RunningEdge;
let fra: RunningEdge;

beforeAll(async () => {
  origin = await startOrigin(parseOriginConfig(JSON.stringify({ listen: [loopback] }), 'test'));
  const start = (pop: string, address: string, purge: EdgeConfigInput['purge']) =>
    startEdge(
      parseEdgeConfig(
        JSON.stringify({
          listen: [loopback],
          admin: loopback,
          pop,
          sourceAddress: address,
          origin: { host: 'origin.cdn.test', address: '127.0.0.1', port: origin.addresses[0]?.port },
          purge,
        }),
        'test',
      ),
    );
  // One of the two has to be started before the other's port is known, and cannot pass on what it gets.
  sin = await start('sin', '127.0.0.3', {
    listen: { address: '127.0.0.3', port: 0 },
    peers: [{ name: 'fra', url: 'http://127.0.0.2:1' }],
  });
  fra = await start('fra', '127.0.0.2', {
    peers: [{ name: 'sin', url: `http://127.0.0.3:${sin.purgeAddress?.port}` }],
  });
});
afterAll(async () => {
  await fra.close();
  await sin.close();
  await origin.close();
});

/** Asks where `sin` listens for its peers. */
function ask(localAddress: string, method: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.3', port: sin.purgeAddress?.port, localAddress, agent: false };
    const asked = request({ ...where, method, path }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    asked.on('error', reject);
    asked.end(method === 'POST' ? '{"all": true}' : undefined);
  });
}

it('a purge reaches the peer by its address', async () => {
  for (const edge of [fra, sin]) await fetchOnce(edge.addresses[0]?.port ?? 0, '/json/1?max_age=600');
  const reply = await fetch(`http://127.0.0.1:${fra.adminAddress?.port}/purge`, {
    method: 'POST',
    body: JSON.stringify({ url: '/json/1?max_age=600', broadcast: true }),
  });
  expect(await reply.json()).toMatchObject({
    objects: 1,
    confirmed: true,
    peers: [{ name: 'sin', confirmed: true, objects: 1 }],
  });
  expect(sin.store.objects).toBe(0);
});

it('refuses strangers, and peers anything but purges', async () => {
  expect(await ask('127.0.0.9', 'POST', '/purge')).toMatchObject({
    status: 403,
    text: expect.stringContaining('127.0.0.9 is no peer'),
  });
  expect((await ask('127.0.0.2', 'GET', '/purges')).status).toBe(200);
  for (const [method, path] of [
    ['GET', '/state'],
    ['POST', '/drain'],
    ['POST', '/purge/../drain'],
    ['PUT', '/objects?url=/x'],
  ] as const) {
    expect(await ask('127.0.0.2', method, path)).toMatchObject({
      status: 403,
      text: expect.stringContaining('peers may purge'),
    });
  }
});

it('knows addresses however they are written, and no names', () => {
  const urls = [
    'http://[2001:db8::0:1]:9088',
    'http://192.0.2.1',
    'http://edge.test:1',
    'unix:/run/edge.sock',
  ];
  expect([...peerAddresses(urls.map((url) => ({ url })))]).toEqual(['2001:db8::1', '192.0.2.1']);
});

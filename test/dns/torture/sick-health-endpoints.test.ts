// Health endpoints that hang, flap, drip, lie or flood, all at once. The POPs behind them are down, clients get the one that is
// left, and the server that asks stays well: every check ends in its time and takes no more than a few bytes.

import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminJson } from '../support/admin.ts';
import { addressesFor, CLIENTS } from '../support/query.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { POPS, worldConfig, worldFiles } from '../support/world.ts';

type Behaviour = (response: ServerResponse) => void;

const well: Behaviour = (response) => response.end('ok');
const SICK: Record<string, Behaviour> = {
  hangs: () => {},
  'stops-after-header': (response) => response.writeHead(503).flushHeaders(),
  drips: (response) => drip(response),
  resets: (response) => response.socket?.resetAndDestroy(),
  'speaks-no-http': (response) => response.socket?.end('220 mail.cdn.test ESMTP\r\n'),
  'redirects-for-ever': (response) => response.writeHead(302, { location: '/healthz' }).end(),
  'says-500': (response) => response.writeHead(500).end(),
  'says-204-for-200': (response) => response.writeHead(204).end(),
  'headers-without-end': (response) => pour(response, `x-flood: ${'y'.repeat(1000)}\r\n`),
};
const names = Object.keys(SICK);
const LEFT = 'left';
const LEFT_ADDRESS = '203.0.113.200';

let behaviourOf: (name: string) => Behaviour = () => well;
const http = createHttpServer((request, response) => {
  response.on('error', () => {});
  behaviourOf(request.url?.slice(1) ?? '')(response);
});
const silent = createServer(() => {});
let server: RunningServer;

beforeAll(async () => {
  for (const each of [http, silent])
    await new Promise<void>((resolve) => void each.listen(0, '127.0.0.1', resolve));
  const portOf = (each: Server) => (each.address() as AddressInfo).port;
  const urls: Record<string, string> = Object.fromEntries(
    names.map((name) => [name, `http://127.0.0.1:${portOf(http)}/${name}`]),
  );
  // Never well: a port that nobody listens on, and one that accepts and says nothing.
  urls['refused'] = 'http://127.0.0.1:1/';
  urls['silent'] = `http://127.0.0.1:${portOf(silent)}/`;
  const checked = Object.entries(urls).map(([name, healthUrl], i) => {
    return { ...POPS[0], name, code: name, ipv4: `203.0.113.${1 + i}`, healthUrl };
  });
  const pops = [...checked, { ...POPS[1], name: LEFT, code: LEFT, ipv4: LEFT_ADDRESS }];
  server = await startServer({
    config: worldConfig({
      pops,
      steering: [{ name: 'www.cdn.test', policy: 'nearest', ttlSeconds: 1 }],
      health: { intervalSeconds: 0.05, timeoutSeconds: 0.3, rise: 2, fall: 2, flap: false },
      admin: { address: '127.0.0.1', port: 0 },
    }),
    files: worldFiles(),
  });
});
afterAll(async () => {
  http.closeAllConnections();
  http.close();
  silent.close();
  expect((await server.stop()).code).toBe(0);
  expect(server.noise).toEqual([]);
});

/** POPs that may get clients. */
async function usable(): Promise<string[]> {
  const { pops } = await adminJson<{ pops: { name: string; usable: boolean }[] }>(server, '/state');
  return pops.filter((pop) => pop.usable).map(({ name }) => name);
}

const becomeUsable = (expected: string[]) =>
  expect.poll(usable, { timeout: 15_000, interval: 50 }).toEqual(expected);

const answer = () => addressesFor(server, 'www.cdn.test', CLIENTS.europe);

it('take their POPs out, whatever their sickness, and bring them back when they are well', async () => {
  behaviourOf = () => well;
  await becomeUsable([...names, LEFT]);
  await expect.poll(answer).toBe('203.0.113.1');
  behaviourOf = (name) => SICK[name] ?? well;
  await becomeUsable([LEFT]);
  // Worker threads hear of it a moment later.
  await expect.poll(answer).toBe(LEFT_ADDRESS);
  behaviourOf = () => well;
  await becomeUsable([...names, LEFT]);
});

it('with bodies without end cost no memory and no time', async () => {
  behaviourOf = () => (response) => pour(response.writeHead(200), Buffer.alloc(64 * 1024, 'x'));
  const before = server.residentMb();
  for (let i = 0; i < 8; i++) {
    expect(await answer()).toMatch(/^203\.0\.113\./);
    await sleep(150);
  }
  expect(server.residentMb() - before).toBeLessThan(80);
});

it('that flap at every check end nothing, and settle when they are well', async () => {
  let n = 0;
  behaviourOf = () => (response) => response.writeHead(n++ % 3 === 0 ? 500 : 200).end();
  for (let i = 0; i < 20; i++) {
    expect(await answer()).toMatch(/^203\.0\.113\./);
    await sleep(30);
  }
  behaviourOf = () => well;
  await becomeUsable([...names, LEFT]);
});

function drip(response: ServerResponse): void {
  const text = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
  let at = 0;
  const timer = setInterval(() => {
    if (at === text.length || !response.socket?.writable) clearInterval(timer);
    else response.socket.write(text.slice(at, ++at));
  }, 40);
}

function pour(response: ServerResponse, chunk: string | Buffer): void {
  const socket = response.socket;
  if (typeof chunk === 'string') socket?.write('HTTP/1.1 200 OK\r\n');
  const target = typeof chunk === 'string' ? socket : response;
  const more = () => {
    while (socket?.writable && target?.write(chunk));
  };
  target?.on('drain', more);
  socket?.on('error', () => {});
  more();
}

// Health endpoints that hang, flap, drip, lie or flood. The POP behind one is down, its clients get the next, and the
// server that asks stays well: every check ends in its time and takes no more than a few bytes.

import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressesFor, CLIENTS } from '../support/query.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { ADDRESS_OF, POPS, worldConfig, worldFiles } from '../support/world.ts';

type Behaviour = (response: ServerResponse) => void;

let behave: Behaviour = (response) => response.end('ok');
const http = createHttpServer((_request, response) => behave(response));
const sockets: Server[] = [];
let server: RunningServer;

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/healthz`;
  const pops = POPS.map((pop) => (pop.code === 'fra' ? { ...pop, healthUrl: url } : pop));
  const health = { intervalSeconds: 0.05, timeoutSeconds: 0.3, rise: 2, fall: 2, flap: false };
  server = await startServer({ config: worldConfig({ pops, health }), files: worldFiles() });
});
afterAll(async () => {
  http.closeAllConnections();
  http.close();
  for (const socket of sockets) socket.close();
  expect((await server.stop()).code).toBe(0);
  expect(server.noise).toEqual([]);
});

const answer = () => addressesFor(server, 'www.cdn.test', CLIENTS.europe);

async function becomes(address: string): Promise<void> {
  await expect.poll(answer, { timeout: 10_000, interval: 30 }).toBe(address);
}

const well: Behaviour = (response) => response.end('ok');

it.each<[string, Behaviour]>([
  ['hangs without a word', () => {}],
  ['sends a header and then nothing', (response) => response.writeHead(503).flushHeaders()],
  ['resets the connection', (response) => response.socket?.resetAndDestroy()],
  ['speaks no HTTP', (response) => response.socket?.end('220 mail.cdn.test ESMTP\r\n')],
  ['redirects to itself for ever', (response) => response.writeHead(302, { location: '/healthz' }).end()],
  ['says 500', (response) => response.writeHead(500).end()],
  ['says 204 where 200 is meant', (response) => response.writeHead(204).end()],
  ['has headers without end', (response) => floodHeaders(response)],
])('an endpoint that %s takes its POP out, and being well brings it back', async (_sentence, sick) => {
  behave = well;
  await becomes(ADDRESS_OF.fra);
  behave = sick;
  await becomes(ADDRESS_OF.iad);
  behave = well;
  await becomes(ADDRESS_OF.fra);
});

it('an endpoint with a body without end costs no memory and no time', async () => {
  behave = (response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  };
  const before = server.residentMb();
  await sleep(1500);
  expect(server.residentMb() - before).toBeLessThan(80);
  expect(await answer()).toMatch(/^203\.0\.113\./);
  behave = well;
  await becomes(ADDRESS_OF.fra);
});

it('an endpoint that flaps is never fast enough to end the server, and comes back when it is well', async () => {
  let n = 0;
  behave = (response) => response.writeHead(n++ % 2 ? 200 : 500).end();
  for (let i = 0; i < 20; i++) {
    expect(await answer()).toMatch(/^203\.0\.113\.(2|18)$/);
    await sleep(30);
  }
  behave = well;
  await becomes(ADDRESS_OF.fra);
});

it('a port that nobody listens on, or that accepts and says nothing, is down', async () => {
  const silent = createServer(() => {});
  sockets.push(silent);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const pops = POPS.map((pop) => ({
    ...pop,
    ...(pop.code === 'fra' && { healthUrl: `http://127.0.0.1:${port}/` }),
    ...(pop.code === 'iad' && { healthUrl: 'http://127.0.0.1:1/' }),
  }));
  const health = { intervalSeconds: 0.05, timeoutSeconds: 0.2, rise: 2, fall: 2 };
  const other = await startServer({ config: worldConfig({ pops, health }), files: worldFiles() });
  await expect
    .poll(() => addressesFor(other, 'www.cdn.test', CLIENTS.europe), { timeout: 10_000 })
    .toBe(ADDRESS_OF.sin);
  await other.stop();
});

function floodHeaders(response: ServerResponse): void {
  const { socket } = response;
  socket?.write('HTTP/1.1 200 OK\r\n');
  const line = Buffer.from(`x-flood: ${'y'.repeat(1000)}\r\n`);
  const pour = () => {
    while (socket?.writable && socket.write(line));
  };
  socket?.on('drain', pour);
  socket?.on('error', () => {});
  pour();
}

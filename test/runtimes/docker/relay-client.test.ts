// Asking the relay of a lab, over a real socket: what it refuses is told, and one that is not there works not.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { relayWorks, setRelay } from '../../../src/runtimes/docker/relay-client.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-relay-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(answer: RequestListener): Promise<string> {
  const socket = join(folder, 'relay.sock');
  server = createServer(answer).listen(socket);
  await once(server, 'listening');
  return socket;
}

it('sends changes as they are', async () => {
  let got = '';
  const socket = await listen(async (request, response) => {
    for await (const chunk of request) got += chunk;
    response.end('ok');
  });
  await setRelay(socket, { link: 'paris--isp-paris', blackhole: true });
  expect(JSON.parse(got)).toEqual({ link: 'paris--isp-paris', blackhole: true });
  expect(await relayWorks(socket)).toBe(true);
});

it('tells what the relay refuses', async () => {
  const socket = await listen((_request, response) => response.writeHead(400).end('no link paris\n'));
  await expect(setRelay(socket, { link: 'paris', blackhole: true })).rejects.toThrow(
    'the relay refuses: no link paris',
  );
  expect(await relayWorks(socket)).toBe(false);
});

it('knows a relay that is not there, or that hangs up', async () => {
  expect(await relayWorks(join(folder, 'none.sock'))).toBe(false);
  const socket = await listen((request) => request.socket.destroy());
  expect(await relayWorks(socket)).toBe(false);
  await expect(setRelay(socket, { link: 'paris', blackhole: true })).rejects.toThrow();
});

it('knows a relay that hangs up in the middle of its answer', async () => {
  const socket = await listen((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  expect(await relayWorks(socket)).toBe(false);
});

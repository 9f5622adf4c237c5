// Connections between peers: kept for the next purge, and no reason to miss one when the peer has ended them.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { sendPurge } from '../../../src/edge/io/purge-peers.ts';
import { listenOn } from '../../../src/net/io/listen.ts';

let server: Server;
afterEach(() => server.close());

/** Confirms each purge; how many connections it took. */
async function startPeer(port = 0, keepAliveTimeout = 60_000) {
  let connections = 0;
  server = createServer({ keepAliveTimeout }, (_, response) => response.end('{"objects":1}'));
  server.on('connection', () => connections++);
  await listenOn(server, { address: '127.0.0.1', port });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

const purge = (port: number) => sendPurge({ name: 'ams', url: `http://127.0.0.1:${port}` }, '{}', 1000);

it('a second purge goes over the connection of the first', async () => {
  const peer = await startPeer();
  for (let i = 0; i < 5; i++) expect(await purge(peer.port)).toMatchObject({ confirmed: true, objects: 1 });
  expect(peer.connections()).toBe(1);
});

it('a peer that is another process by now is told over a new one', async () => {
  const first = await startPeer();
  await purge(first.port);
  for (let round = 0; round < 10; round++) {
    // Its connections end with a reset, as those of a process that was killed, and nobody here has read that yet.
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const next = await startPeer(first.port);
    expect(await purge(next.port)).toMatchObject({ confirmed: true });
  }
});

it('a peer that is gone does not confirm', async () => {
  const { port } = await startPeer();
  await purge(port);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await purge(port)).toMatchObject({ confirmed: false, error: expect.stringMatching(/ECONN/) });
});

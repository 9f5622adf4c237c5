// TCP clients that are slow, greedy, deaf or gone, against the real process: none may keep others from their answers, and
// none may make the server keep much for it (RFC 7766 sections 6.2 and 10).

import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { nameBytes, rawQuery, readMessage } from '../support/message.ts';
import { askTcp, askUdp, framed, openTcp, type TcpClient } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig(), files: worldFiles() });
});
afterAll(async () => {
  const { code } = await server.stop();
  expect(code, 'it still ends cleanly').toBe(0);
  expect(server.noise).toEqual([]);
});

const query = (id: number, name = 'static.cdn.test', type = 1) =>
  rawQuery({ id, name: nameBytes(name), type });
const idOf = (message: Buffer) => message.readUInt16BE(0);

/** One client may have so many connections only, so attackers are many. */
const attacker = (i: number) => ({ port: server.port, from: `127.0.2.${1 + (i % 50)}` });

async function othersAreAnswered(): Promise<void> {
  const [udp, tcp] = await Promise.all([askUdp(server, query(1)), askTcp(server, query(2))]);
  expect(udp && readMessage(udp).rcode).toBe(0);
  expect(tcp && readMessage(tcp).rcode).toBe(0);
}

it('a query that comes a byte at a time is answered when it is whole', async () => {
  const client = await openTcp(server);
  for (const byte of framed(query(77))) {
    client.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await client.messages(1)).map(idOf)).toEqual([77]);
  client.close();
});

it('a thousand queries in odd pieces are all answered, and in order', async () => {
  const random = seededRandom(3);
  const ids = Array.from({ length: 1000 }, (_, i) => i);
  const names = ['static.cdn.test', 'www.cdn.test', 'nope.cdn.test', 'alias2.cdn.test'];
  const all = Buffer.concat(ids.map((id) => framed(query(id, names[id % 4]))));
  const client = await openTcp(server);
  for (let at = 0; at < all.length; ) {
    const end = at + 1 + Math.floor(random() * 700);
    client.socket.write(all.subarray(at, end));
    if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    at = end;
  }
  const replies = await client.messages(1000, 10_000);
  client.close();
  // RFC 7766 lets a server answer out of order; each must be answered once.
  expect(replies.map(idOf).sort((a, b) => a - b)).toEqual(ids);
});

it('a client that has said all and closed its half gets its answers', async () => {
  const client = await openTcp(server);
  client.socket.end(Buffer.concat([framed(query(1)), framed(query(2)), framed(query(3))]));
  expect((await client.messages(3)).map(idOf)).toEqual([1, 2, 3]);
  await client.closed;
});

it.each([
  ['a length of zero', Buffer.from([0, 0])],
  ['a message of eleven bytes', framed(Buffer.alloc(11))],
  ['a response', framed(rawQuery({ flags: 0x8000 }))],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: cdn.test\r\n\r\n')],
  ['a TLS ClientHello', Buffer.from('16030100c8010000c40303', 'hex')],
])('%s on a connection disturbs nobody', async (_sentence, bytes) => {
  const client = await openTcp(server);
  client.socket.write(bytes);
  await othersAreAnswered();
  client.close();
});

it('65,535 bytes of one message are read as one message', async () => {
  const client = await openTcp(server);
  const huge = rawQuery({ id: 5, tail: Buffer.alloc(65_535 - rawQuery().length) });
  client.socket.write(Buffer.concat([framed(huge), framed(query(6))]));
  const replies = await client.messages(2);
  expect(replies.map((reply) => [idOf(reply), readMessage(reply).rcode])).toEqual([
    [5, 1],
    [6, 0],
  ]);
  client.close();
});

it('clients that ask for ever and never read are not read from for ever either', async () => {
  const before = server.residentMb();
  const deaf: TcpClient[] = [];
  const question = framed(query(9, 'big.cdn.test', 16));
  const flood = Buffer.concat(Array.from({ length: 2000 }, () => question));
  for (let i = 0; i < 20; i++) {
    const client = await openTcp(attacker(i));
    client.socket.pause();
    // 34 MB of answers a client if the server were to write them all.
    for (let n = 0; n < 10; n++) client.socket.write(flood);
    deaf.push(client);
  }
  await othersAreAnswered();
  const grown = server.residentMb() - before;
  for (const client of deaf) client.close();
  expect(grown).toBeLessThan(100);
});

it('half a query, and then silence: many of those keep nobody out', async () => {
  const half = framed(query(1)).subarray(0, 9);
  const clients = await Promise.all(Array.from({ length: 300 }, (_, i) => openTcp(attacker(i))));
  for (const client of clients) client.socket.write(half);
  await othersAreAnswered();
  for (const client of clients) client.socket.resetAndDestroy();
  await othersAreAnswered();
});

it('connections that are opened and reset as fast as they can be keep nobody out', async () => {
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(
      Array.from({ length: 100 }, (_, i) => openTcp(attacker(i)).catch(() => undefined)),
    );
    for (const client of clients) {
      client?.socket.write(framed(query(1)));
      client?.socket.resetAndDestroy();
    }
  }
  await othersAreAnswered();
});

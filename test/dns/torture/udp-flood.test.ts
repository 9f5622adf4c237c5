// Bad packets over UDP against the real process, by the ten thousand: it lives, says nothing of bugs, answers the next
// honest client, and sends less than a reflector's owner would hope for.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameBytes, optRecord, rawQuery, readMessage } from '../support/message.ts';
import { createMutator } from '../support/mutate.ts';
import { askTcp, askUdp, openUdp } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';
import { corpus } from './corpus/corpus.ts';

const PACKETS = 20_000;
/** Fewer than what the server's receive buffer takes, so that what is lost is not lost there. */
const BURST = 250;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig({ workers: 1 }), files: worldFiles() });
});
afterAll(async () => {
  expect((await server.stop()).code, 'it still ends cleanly').toBe(0);
});

it('mutated packets leave it alive, quiet and as large as before', async () => {
  const client = await openUdp(server);
  const mutator = createMutator(corpus(), 2);
  let longest = 0;
  let bad = 0;
  client.socket.on('message', (reply) => {
    longest = Math.max(longest, reply.length);
    if (reply.length < 12 || (reply.readUInt8(2) & 0x80) === 0) bad++;
  });
  for (let i = 0; i < PACKETS; i++) {
    client.send(mutator.next());
    if (i % BURST === 0) await sleep(2);
  }
  await sleep(100);
  client.close();
  expect(bad).toBe(0);
  expect(longest).toBeGreaterThan(500);
  expect(longest).toBeLessThanOrEqual(1232);
  expect(server.log.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(server.noise).toEqual([]);
  await answersHonestClients();
});

it('questions with the largest answers are not answered with more than 1232 bytes each', async () => {
  const client = await openUdp(server);
  const query = rawQuery({
    name: nameBytes('big.cdn.test'),
    type: 16,
    additional: [optRecord([], { udpPayloadBytes: 65535, flags: 0x8000 })],
  });
  const reply = await client.ask(query);
  client.close();
  expect(reply?.length).toBeLessThanOrEqual(1232);
  expect(reply && readMessage(reply).tc).toBe(true);
});

it('packets with nothing in them, one byte or only a header are no trouble', async () => {
  const client = await openUdp(server);
  for (let i = 0; i < 200; i++) client.send(Buffer.alloc(i % 13));
  await sleep(20);
  client.close();
  await answersHonestClients();
});

async function answersHonestClients(): Promise<void> {
  const query = rawQuery({ id: 21, name: nameBytes('static.cdn.test') });
  for (const reply of [await askUdp(server, query), await askTcp(server, query)]) {
    expect(reply && readMessage(reply)).toMatchObject({ id: 21, rcode: 0 });
  }
}

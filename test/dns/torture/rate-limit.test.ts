// A flood with a forged source, as a reflector's victim would see it: what comes out is less than what went in, and an honest
// client of the victim's network still gets its answer, over TCP or with a cookie.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameBytes, optRecord, type QueryParts, rawQuery, readMessage } from '../support/message.ts';
import { askTcp, openUdp, type UdpClient } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';

const FLOOD = 4000;
const limits = { rateLimit: { responsesPerSecond: 30, errorsPerSecond: 10, windowSeconds: 5, slip: 2 } };

let server: RunningServer;

/** Each test has a network of its own, as the limiter sees it: nobody's debts are another's. */
let network = 0;
const victim = () => `127.7.${++network}.1`;

interface Traffic {
  bytesIn: number;
  bytesOut: number;
  replies: number;
  whole: number;
}

async function flood(parts: (i: number) => QueryParts, from = victim()): Promise<Traffic> {
  const client = await openUdp({ port: server.port, from });
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0, replies: 0, whole: 0 };
  client.socket.on('message', (reply) => {
    traffic.bytesOut += reply.length;
    traffic.replies++;
    if ((reply.readUInt8(2) & 2) === 0) traffic.whole++;
  });
  for (let i = 0; i < FLOOD; i++) {
    const packet = rawQuery({ id: i, ...parts(i) });
    traffic.bytesIn += packet.length;
    client.send(packet);
    if (i % 200 === 0) await sleep(1);
  }
  await sleep(200);
  client.close();
  return traffic;
}

const large = () => ({ name: nameBytes('medium.cdn.test'), type: 16, additional: [optRecord()] });

describe.each([0, 1])('with %i workers', (workers) => {
  beforeAll(async () => {
    server = await startServer({ config: worldConfig({ ...limits, workers }), files: worldFiles() });
  });
  afterAll(async () => {
    expect((await server.stop()).code).toBe(0);
    expect(server.noise).toEqual([]);
  });

  it('a question with a large answer is not worth forging', async () => {
    const { bytesIn, bytesOut, whole } = await flood(large);
    expect(bytesOut).toBeLessThan(bytesIn);
    expect(whole, 'whole answers to a network in a second or a little more').toBeLessThan(200);
  });

  it('nor are random names, of which each is new, nor packets that are malformed', async () => {
    const random = await flood((i) => ({ name: nameBytes(`n${i}.cdn.test`), additional: [optRecord()] }));
    expect(random.bytesOut).toBeLessThan(random.bytesIn);
    const malformed = await flood(() => ({ counts: [1, 0, 0, 3], additional: [optRecord()] }));
    expect(malformed.bytesOut).toBeLessThan(malformed.bytesIn);
  });

  it('an honest client of that network gets through: truncated and then TCP, or at once with a cookie', async () => {
    const flooding = flood(large);
    await sleep(150);
    const from = `127.7.${network}.99`;
    const honest = await openUdp({ port: server.port, from });
    const plain = await untilReply(honest, rawQuery({ ...large(), id: 1 }));
    expect(readMessage(plain)).toMatchObject({ tc: true, rcode: 0 });
    const overTcp = await askTcp({ port: server.port, from }, rawQuery(large()));
    expect(overTcp && readMessage(overTcp).records.length).toBeGreaterThan(0);

    const withCookie = (data: Buffer) =>
      rawQuery({ ...large(), additional: [optRecord([{ code: 10, data }])] });
    // Given a cookie with BADCOOKIE, it shows that the address is its own.
    const first = readMessage(await untilReply(honest, withCookie(Buffer.alloc(8, 3))));
    const cookie = first.opt?.options.find(({ code }) => code === 10)?.data as Buffer;
    expect(first.rcode === 23 || first.rcode === 0).toBe(true);
    expect(cookie.length).toBe(24);
    for (let i = 0; i < 20; i++) {
      const reply = await honest.ask(withCookie(cookie), 2000);
      expect(reply && readMessage(reply)).toMatchObject({ tc: false, rcode: 0 });
    }
    honest.close();
    await flooding;
  });

  it('clients elsewhere notice nothing', async () => {
    const flooding = flood(large);
    const honest = await openUdp({ port: server.port, from: '127.8.8.1' });
    for (let i = 0; i < 20; i++) {
      const reply = await honest.ask(rawQuery({ ...large(), id: i }), 2000);
      expect(reply && readMessage(reply).records.length).toBe(1);
    }
    honest.close();
    await flooding;
  });
});

/** Limited responses are dropped now and then: a client asks again. */
async function untilReply(client: UdpClient, packet: Buffer): Promise<Buffer> {
  for (let i = 0; i < 20; i++) {
    const reply = await client.ask(packet, 100);
    if (reply) return reply;
  }
  throw new Error('no reply to twenty questions');
}

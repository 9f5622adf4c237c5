import { createSocket } from 'node:dgram';
import { resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { BatchSocket } from '../../../src/dns/io/batch-udp.ts';
import { closeDescriptor, isWildcard, openUdpSockets } from '../../../src/dns/io/udp-open.ts';
import { startUdpWorkers, type UdpWorkers } from '../../../src/dns/io/worker-udp.ts';
import { addressesOf, askUdp, queryBytes } from './udp-asking.ts';

const PROGRAM = resolve(import.meta.dirname, 'worker-program.ts');
const warnings: object[] = [];
const log = {
  info: () => {},
  warn: (message: string, fields?: object) => void warnings.push({ message, ...fields }),
};

let workers: UdpWorkers | undefined;
const fds: number[] = [];
afterEach(async () => {
  await workers?.close('drain');
  workers = undefined;
  for (const fd of fds.splice(0)) closeDescriptor(fd);
  warnings.length = 0;
});

async function start(addresses: string[], count: number, initial: () => unknown = () => [192, 0, 2, 1]) {
  const messages: unknown[] = [];
  const sockets: BatchSocket[][] = Array.from({ length: count }, () => []);
  const places = addresses.map((address) => {
    const opened = openUdpSockets(address, 0, count);
    const family = address.includes(':') ? 6 : 4;
    for (const [i, { fd }] of opened.entries()) {
      fds.push(fd);
      sockets[i]?.push({ fd, family, wildcard: isWildcard(address) });
    }
    return { address, port: opened[0]?.port ?? 0 };
  });
  const onMessage = (message: unknown) => void messages.push(message);
  workers = await startUdpWorkers({ program: PROGRAM, sockets, initial, onMessage, log });
  return { workers, places, messages };
}

test('a worker answers on all its addresses', async () => {
  const { places } = await start(['127.0.0.1', '127.0.0.2', '::1'], 1);
  for (const place of places) {
    const answer = await askUdp(place, queryBytes('www.example.test'));
    expect(answer && addressesOf(answer.reply)).toEqual(['192.0.2.1']);
    expect(answer?.from).toBe(place.address);
  }
});

test('a socket bound to all addresses replies from the one that was asked', async () => {
  const { places } = await start(['0.0.0.0', '::'], 1);
  const [ipv4, ipv6] = places;
  for (const address of ['127.0.0.1', '127.0.0.9', '127.1.2.3']) {
    const answer = await askUdp({ address, port: ipv4?.port ?? 0 }, queryBytes('a.test'));
    expect(answer?.from).toBe(address);
  }
  expect((await askUdp({ address: '::1', port: ipv6?.port ?? 0 }, queryBytes('a.test')))?.from).toBe('::1');
});

test('many queries at once each get their own reply, whichever worker has them', async () => {
  const { places, workers } = await start(['127.0.0.1'], 2);
  const [place] = places;
  if (!place) throw new Error('no place');
  const ids = Array.from({ length: 300 }, (_, i) => i + 1);
  const answers = await Promise.all(ids.map((id) => askUdp(place, queryBytes(`n${id}.test`, id))));
  expect(answers.map((answer) => answer?.reply.readUInt16BE(0))).toEqual(ids);
  await workers.close('drain');
  const counted = workers.counters();
  expect(counted.reduce((sum, { udp }) => sum + udp.received, 0)).toBe(300);
  expect(counted.reduce((sum, { udp }) => sum + udp.sent, 0)).toBe(300);
  expect(counted.reduce((sum, { handler }) => sum + (handler as { queries: number }).queries, 0)).toBe(300);
});

test('a packet that is no query, and one that is too long, do not stop the others', async () => {
  const { places, workers } = await start(['127.0.0.1'], 1);
  const [place] = places;
  if (!place) throw new Error('no place');
  expect(await askUdp(place, Buffer.from([1, 2]), 50)).toBeUndefined();
  expect(await askUdp(place, Buffer.alloc(3000, 1), 50)).toBeUndefined();
  expect(await askUdp(place, queryBytes('a.test'))).toBeDefined();
  await workers.close('drain');
  expect(workers.counters()[0]?.udp).toMatchObject({ received: 3, sent: 1, refused: 1, kernelDrops: 0 });
});

test('messages reach the handlers of all workers between two batches, and theirs the main thread', async () => {
  const { places, workers, messages } = await start(['127.0.0.1'], 2);
  workers.post([198, 51, 100, 7]);
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  const answer = places[0] && (await askUdp(places[0], queryBytes('a.test')));
  expect(answer && addressesOf(answer.reply)).toEqual(['198.51.100.7']);
});

test('a worker that dies is said, and another reads on from its socket with what is true now', async () => {
  let address = [192, 0, 2, 1];
  const { places, workers } = await start(['127.0.0.1'], 1, () => address);
  const [place] = places;
  if (!place) throw new Error('no place');
  address = [192, 0, 2, 2];
  await askUdp(place, queryBytes('crash.test'), 50);
  const answer = await askUdp(place, queryBytes('a.test'));
  expect(answer && addressesOf(answer.reply)).toEqual(['192.0.2.2']);
  expect(workers.deaths()).toBe(1);
  expect(warnings).toMatchObject([
    { message: 'a UDP worker died; it is started again', worker: 0, error: expect.stringMatching(/crashed/) },
  ]);
});

test('workers that cannot start are an error at the start', async () => {
  await expect(start(['127.0.0.1'], 2, () => [1])).rejects.toThrow('not four bytes');
});

test('new workers can take over from old ones without a query lost', async () => {
  const { places, workers } = await start(['127.0.0.1'], 1);
  const [place] = places;
  if (!place) throw new Error('no place');
  const asked = Array.from({ length: 50 }, (_, i) => askUdp(place, queryBytes(`before${i}.test`)));
  await workers.close('leave');
  asked.push(...Array.from({ length: 50 }, (_, i) => askUdp(place, queryBytes(`between${i}.test`))));
  const sockets: BatchSocket[][] = [fds.map((fd) => ({ fd, family: 4, wildcard: false }))];
  const successor = await startUdpWorkers({ program: PROGRAM, sockets, initial: () => [192, 0, 2, 3], log });
  expect((await Promise.all(asked)).filter((answer) => answer === undefined)).toEqual([]);
  await successor.close('drain');
});

test('the end answers what has come', async () => {
  const { places, workers } = await start(['127.0.0.1'], 1);
  const client = createSocket('udp4');
  let replies = 0;
  client.on('message', () => replies++);
  const send = (i: number) =>
    new Promise((sent) => client.send(queryBytes(`n${i}.test`), places[0]?.port ?? 0, '127.0.0.1', sent));
  await Promise.all(Array.from({ length: 200 }, (_, i) => send(i)));
  await workers.close('drain');
  await vi.waitFor(() => expect(replies).toBe(200));
  client.close();
});

import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { type Listener, type PacketHandler, TRANSFER } from '../../../src/dns/io/listener.ts';
import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { listenTcp } from '../../../src/dns/io/tcp-listener.ts';
import { DEFAULT_TCP, type TcpConfig } from '../../../src/dns/listen-config.ts';
import { framed, queryBytes, StreamClient } from './udp-asking.ts';
import { oneRecordHandler } from './worker-program.ts';

const handler = oneRecordHandler(() => [192, 0, 2, 1]);
const clients: StreamClient[] = [];
let server: (Listener & { table: ConnectionTable }) | undefined;
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await server?.close();
  await server?.table.close(0);
});

async function start(bounds: Partial<TcpConfig> = {}, answering: PacketHandler = handler) {
  const table = new ConnectionTable({ ...DEFAULT_TCP, ...bounds });
  server = { ...(await listenTcp({ address: '127.0.0.1', port: 0 }, answering, table)), table };
  return server;
}

async function open(place: { address: string; port: number }, localAddress?: string): Promise<StreamClient> {
  const client = await StreamClient.open(place, localAddress);
  clients.push(client);
  return client;
}

const ids = (replies: Buffer[]) => replies.map((reply) => reply.readUInt16BE(0));

test('many queries on one connection are answered in order', async () => {
  const client = await open(await start());
  const wanted = Array.from({ length: 5000 }, (_, i) => i);
  client.socket.write(framed(...wanted.map((id) => queryBytes(`n${id}.test`, id))));
  expect(ids(await client.until(5000))).toEqual(wanted);
});

test('however the stream is cut, the replies are the same', async () => {
  const place = await start();
  const stream = framed(...[1, 2, 3].map((id) => queryBytes(`n${id}.example.test`, id)));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 5 }), async (places) => {
      const client = await open(place);
      let from = 0;
      for (const to of [...places.sort((a, b) => a - b), stream.length]) {
        client.socket.write(stream.subarray(from, to));
        await new Promise(setImmediate);
        from = to;
      }
      expect(ids(await client.until(3))).toEqual([1, 2, 3]);
      client.end();
    }),
    { numRuns: 25 },
  );
});

test('a client that ends its side still gets its replies', async () => {
  const client = await open(await start());
  client.socket.end(framed(queryBytes('a.test', 1), queryBytes('b.test', 2)));
  await client.closed;
  expect(ids(client.replies)).toEqual([1, 2]);
});

test('a message that must not be answered ends the connection behind the replies before it', async () => {
  const client = await open(await start());
  client.socket.write(framed(queryBytes('a.test', 1), Buffer.from([0]), queryBytes('b.test', 2)));
  await client.closed;
  expect(ids(client.replies)).toEqual([1]);
});

test('silence ends a connection, and so does half a query that trickles', async () => {
  const place = await start({ idleSeconds: 0.2 });
  const silent = await open(place);
  const trickling = await open(place);
  const bytes = framed(queryBytes('a.test'));
  let at = 0;
  const timer = setInterval(() => trickling.socket.write(bytes.subarray(at, ++at)), 30);
  await Promise.all([silent.closed, trickling.closed]);
  clearInterval(timer);
  expect(place.table.counts.idle).toBe(2);
  await vi.waitFor(() => expect(place.table.size).toBe(0));
});

test('a client that asks without reading is not read from, and costs bounded memory', async () => {
  let handled = 0;
  const counting: PacketHandler = {
    ...handler,
    handle: (packet, length, source, transport, out) => {
      handled++;
      handler.handle(packet, length, source, transport, out);
      return 60_000;
    },
  };
  const place = await start({ idleSeconds: 0.5 }, counting);
  const client = await open(place);
  client.socket.pause();
  const many = framed(...Array.from({ length: 1000 }, (_, id) => queryBytes('a.test', id)));
  for (let i = 0; i < 20; i++) client.socket.write(many);
  await vi.waitFor(() => expect(place.table.counts.idle).toBe(1));
  // 20,000 replies would be 1.2 GB; what two socket buffers hold is some MB.
  expect(handled).toBeGreaterThan(0);
  expect(handled).toBeLessThan(1000);
});

test('one client has its share of connections and no more', async () => {
  const place = await start({ connectionsPerClient: 2 });
  const [first, second] = [await open(place), await open(place)];
  const third = await open(place);
  await third.closed;
  const other = await open(place, '127.0.0.2');
  for (const client of [first, second, other]) expect(await client.ask(queryBytes('a.test'))).toBeDefined();
  expect(place.table.counts).toMatchObject({ accepted: 3, refused: 1, evicted: 0 });
  first.end();
  await vi.waitFor(() => expect(place.table.size).toBe(2));
  expect(await (await open(place)).ask(queryBytes('a.test'))).toBeDefined();
});

test('a full server makes room for a newcomer: the longest quiet one goes', async () => {
  const place = await start({ connections: 3 });
  const [first, second, third] = [await open(place), await open(place), await open(place)];
  for (const client of [second, third, first]) await client.ask(queryBytes('a.test'));
  const newcomer = await open(place);
  expect(await newcomer.ask(queryBytes('a.test'))).toBeDefined();
  await second.closed;
  for (const client of [first, third, newcomer]) expect(await client.ask(queryBytes('a.test'))).toBeDefined();
  expect(place.table.counts.evicted).toBe(1);
});

test('a zone transfer is pulled as fast as it is read, and queries behind it wait', async () => {
  let pulled = 0;
  const transferring: PacketHandler = {
    handle: (packet, length, source, transport, out) =>
      packet.readUInt16BE(0) === 7 ? TRANSFER : handler.handle(packet, length, source, transport, out),
    *transfer(packet) {
      expect(packet.readUInt16BE(0)).toBe(7);
      const message = Buffer.alloc(10_000, 7);
      for (; pulled < 3000; pulled++) yield message;
    },
  };
  const place = await start({}, transferring);
  const client = await open(place);
  client.socket.pause();
  client.socket.write(framed(queryBytes('a.test', 7), queryBytes('b.test', 8)));
  const other = await open(place);
  await vi.waitFor(() => expect(pulled).toBeGreaterThan(0));
  // 30 MB do not fit into the buffers: the transfer waits, and others do not.
  for (let i = 0; i < 20; i++) expect(await other.ask(queryBytes('c.test'))).toBeDefined();
  expect(pulled).toBeLessThan(3000);
  client.socket.resume();
  const replies = await client.until(3001);
  expect(replies).toHaveLength(3001);
  expect(replies[3000]?.readUInt16BE(0)).toBe(8);
});

test('the end answers what has come and closes quiet connections', async () => {
  const place = await start();
  const [quiet, busy] = [await open(place), await open(place)];
  busy.socket.write(framed(queryBytes('a.test', 1)));
  await place.close();
  const ended = place.table.close();
  expect(ids(await busy.until(1))).toEqual([1]);
  await Promise.all([ended, quiet.closed, busy.closed]);
  await expect(StreamClient.open(place)).rejects.toThrow(/ECONNREFUSED/);
});

test('the end comes within its bound, however much a client asks', async () => {
  const place = await start();
  const client = await open(place);
  const asking = (async () => {
    for (let count = 0; ; count++) if (!(await client.ask(queryBytes('a.test')))) return count;
  })();
  await place.close();
  await place.table.close(200);
  expect(await asking).toBeGreaterThan(0);
});

import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Listener } from '../../../src/dns/io/listener.ts';
import { listenUdp } from '../../../src/dns/io/udp-listener.ts';
import { closeDescriptor, openUdpSockets } from '../../../src/dns/io/udp-open.ts';
import { SourceAddress } from '../../../src/dns/io/udp-source-address.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { addressesOf, askUdp, queryBytes } from './udp-asking.ts';
import { oneRecordHandler } from './worker-program.ts';

const handler = oneRecordHandler(() => [192, 0, 2, 1]);
const open: Listener[] = [];
afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())));

for (const address of ['127.0.0.1', '::1'])
  test(`answers over ${address}, with the client's address as bytes`, async () => {
    const sources: string[] = [];
    const listener = await listenUdp(
      { address, port: 0 },
      {
        ...handler,
        handle: (packet, length, source, transport, out) => {
          sources.push(`${transport} ${formatAddress(source)}`);
          return handler.handle(packet, length, source, transport, out);
        },
      },
    );
    open.push(listener);
    const answer = await askUdp(listener, queryBytes('www.example.test'));
    expect(answer && addressesOf(answer.reply)).toEqual(['192.0.2.1']);
    expect(sources).toEqual([`udp ${address}`]);
  });

test('gives no reply where the handler has none, and goes on', async () => {
  const listener = await listenUdp({ address: '127.0.0.1', port: 0 }, handler);
  open.push(listener);
  expect(await askUdp(listener, Buffer.from([1, 2, 3]), 50)).toBeUndefined();
  expect(await askUdp(listener, Buffer.alloc(4000), 50)).toBeUndefined();
  expect(await askUdp(listener, queryBytes('a.test'))).toBeDefined();
});

test('says who has the port', async () => {
  const first = await listenUdp({ address: '127.0.0.1', port: 0 }, handler);
  open.push(first);
  await expect(listenUdp({ address: '127.0.0.1', port: first.port }, handler)).rejects.toThrow(
    /cannot listen on udp 127\.0\.0\.1 port \d+: .*EADDRINUSE[\s\S]*hint:.*ss -lnp/,
  );
});

test('reads a socket that is open already', async () => {
  const [socket] = openUdpSockets('127.0.0.1', 0, 1);
  if (!socket) throw new Error('no socket');
  const listener = await listenUdp(socket, handler);
  open.push(listener);
  expect(listener.port).toBe(socket.port);
  expect(await askUdp(listener, queryBytes('a.test'))).toBeDefined();
});

test('a second server does not slip in beside the first, unless both share the port', () => {
  const [first] = openUdpSockets('127.0.0.1', 0, 1);
  const port = first?.port ?? 0;
  expect(() => openUdpSockets('127.0.0.1', port, 1)).toThrow(/EADDRINUSE/);
  const [second] = openUdpSockets('127.0.0.1', port, 1, true);
  expect(second?.port).toBe(port);
  for (const socket of [first, second]) if (socket) closeDescriptor(socket.fd);
});

test('an address of no interface is told with a hint', () => {
  expect(() => openUdpSockets('192.0.2.77', 0, 1)).toThrow(/EADDRNOTAVAIL[\s\S]*ip address show/);
});

test('reads source addresses as the careful parser does', () => {
  const source = new SourceAddress();
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const expected = parseAddress(text);
      const canonical = formatAddress(expected as Uint8Array);
      for (const spelled of [text, canonical, `${canonical}%eth0`])
        expect([...source.parse(spelled, text.includes(':') ? 'IPv6' : 'IPv4')]).toEqual([
          ...(expected as Uint8Array),
        ]);
    }),
  );
});

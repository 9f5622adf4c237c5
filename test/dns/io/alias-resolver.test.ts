import { createSocket } from 'node:dgram';
import dnsPacket from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AliasResolver,
  type AliasResolverOptions,
  createAliasResolver,
  type TargetAddresses,
} from '../../../src/dns/io/alias-resolver.ts';
import { formatName, type Name, parseName } from '../../../src/dns/wire/name.ts';
import { formatAddress } from '../../../src/net/ip-address.ts';

/** What a resolver knows: `name type` to addresses with TTL, or an error code. */
type Known = Record<string, { ttl: number; addresses: string[] } | 'NXDOMAIN' | 'SERVFAIL'>;

let known: Known;
let asked: string[];
let server: { address: string; close(): void };
let resolver: AliasResolver;
const changes: Record<string, unknown>[] = [];
const logged: string[] = [];
let nowMs = 0;

beforeEach(async () => {
  known = {};
  asked = [];
  changes.length = 0;
  logged.length = 0;
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    const query = dnsPacket.decode(packet);
    const question = query.questions?.[0] as dnsPacket.Question;
    asked.push(`${question.name} ${question.type}`);
    const found = known[`${question.name} ${question.type}`] ?? { ttl: 0, addresses: [] };
    const rcode = found === 'NXDOMAIN' ? 3 : found === 'SERVFAIL' ? 2 : 0;
    const reply = dnsPacket.encode({
      type: 'response',
      id: query.id as number,
      flags: dnsPacket.RECURSION_AVAILABLE | dnsPacket.RECURSION_DESIRED | rcode,
      questions: [question],
      answers:
        typeof found === 'string'
          ? []
          : found.addresses.map((data) => ({
              name: question.name,
              type: question.type as 'A',
              ttl: found.ttl,
              data,
            })),
    });
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  server = { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
});
afterEach(() => {
  resolver.close();
  server.close();
});

function start(options: Partial<AliasResolverOptions> = {}): void {
  resolver = createAliasResolver({
    resolvers: [server.address],
    log: { info: (message) => logged.push(message), warn: (message) => logged.push(message) },
    onChange: (addresses) => changes.push(shown(addresses)),
    minRefreshSeconds: 0.02,
    now: () => nowMs,
    ...options,
  });
}

function shown(addresses: ReadonlyMap<Name, TargetAddresses>): Record<string, unknown> {
  return Object.fromEntries(
    [...addresses].map(([name, { ipv4, ipv6, ttlSeconds }]) => [
      formatName(name),
      `${[...ipv4, ...ipv6].map(formatAddress).join(' ')} for ${ttlSeconds}`,
    ]),
  );
}

const follow = (...names: string[]) => resolver.follow(names.map((name) => parseName(name) as Name));

describe('addresses of alias targets', () => {
  it('are those of both families, with the least TTL, within bounds', async () => {
    known['lb.b.test A'] = { ttl: 60, addresses: ['192.0.2.2', '192.0.2.1'] };
    known['lb.b.test AAAA'] = { ttl: 50, addresses: ['2001:db8::1'] };
    known['long.b.test A'] = { ttl: 86400, addresses: ['192.0.2.3'] };
    start();
    follow('lb.b.test', 'long.b.test');
    await vi.waitFor(() => expect(changes.length).toBe(2));
    expect(shown(resolver.addresses())).toEqual({
      'lb.b.test.': '192.0.2.1 192.0.2.2 2001:db8::1 for 50',
      'long.b.test.': '192.0.2.3 for 300',
    });
  });

  it('are asked for again when their TTL has passed, and a change is told', async () => {
    known['lb.b.test A'] = { ttl: 0, addresses: ['192.0.2.1', '192.0.2.2'] };
    start();
    follow('lb.b.test');
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(4));
    known['lb.b.test A'] = { ttl: 0, addresses: ['192.0.2.2', '192.0.2.1'] };
    const before = asked.length;
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(before + 4));
    expect(changes).toEqual([{ 'lb.b.test.': '192.0.2.1 192.0.2.2 for 0.02' }]);
    known['lb.b.test A'] = { ttl: 0, addresses: ['192.0.2.9'] };
    await vi.waitFor(() => expect(changes[1]).toEqual({ 'lb.b.test.': '192.0.2.9 for 0.02' }));
  });

  it.each(['NXDOMAIN', 'SERVFAIL', 'gone'] as const)(
    'stay the last good ones after %s, with their age',
    async (failure) => {
      known['lb.b.test A'] = { ttl: 0, addresses: ['192.0.2.1'] };
      start({ timeoutMs: 50 });
      nowMs = 1_000_000;
      follow('lb.b.test');
      await vi.waitFor(() => expect(changes.length).toBe(1));
      known['lb.b.test A'] = failure === 'gone' ? { ttl: 0, addresses: [] } : failure;
      await vi.waitFor(() => expect(logged).toEqual(['alias not resolved']));
      nowMs = 1_030_000;
      const error = { NXDOMAIN: 'ENOTFOUND', SERVFAIL: 'ESERVFAIL', gone: 'ENODATA' }[failure];
      expect(resolver.status()).toEqual([{ target: 'lb.b.test.', ageSeconds: 30, error }]);
      expect(shown(resolver.addresses())).toEqual({ 'lb.b.test.': '192.0.2.1 for 0.02' });
      known['lb.b.test A'] = { ttl: 0, addresses: ['192.0.2.1'] };
      await vi.waitFor(() => expect(logged).toEqual(['alias not resolved', 'alias resolved again']));
      expect(changes.length).toBe(1);
    },
  );

  it('are unknown, and said to be, while no look-up has succeeded', async () => {
    known['lb.b.test A'] = 'SERVFAIL';
    start();
    follow('lb.b.test');
    await vi.waitFor(() => expect(resolver.status()).toEqual([{ target: 'lb.b.test.', error: 'ESERVFAIL' }]));
    expect(resolver.addresses().size).toBe(0);
  });

  it('are forgotten when nothing points to their name any more', async () => {
    known['a.test A'] = { ttl: 60, addresses: ['192.0.2.1'] };
    known['b.test A'] = { ttl: 60, addresses: ['192.0.2.2'] };
    start();
    follow('a.test', 'b.test');
    await vi.waitFor(() => expect(changes.length).toBe(2));
    const before = asked.length;
    follow('b.test');
    expect(changes.at(-1)).toEqual({ 'b.test.': '192.0.2.2 for 60' });
    expect(asked.length).toBe(before);
  });
});

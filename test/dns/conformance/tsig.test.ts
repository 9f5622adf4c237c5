// Signed queries and transfers (TSIG) with those who know it: dig, kdig, and a secondary that has the key.

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PacketHandler, TRANSFER } from '../../../src/dns/io/listener.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import { encodeQuery } from '../../../src/dns/wire/query.ts';
import { appendTsigError, findTsig, signMessage, type TsigKey } from '../../../src/dns/zone/tsig.ts';
import { TsigHandler } from '../../../src/dns/zone/tsig-handler.ts';
import { type Prefix, parsePrefix } from '../../../src/net/prefix.ts';
import { freePort } from '../../net/support/free-port.ts';
import { worldState } from '../support.ts';
import { ask, namedIsMissing, startNamed } from './named.ts';

const ORIGIN = parseName('a.test') as Name;
const SECRET = Buffer.alloc(32, 7);
const key = (name: string): TsigKey => ({ name: parseName(name) as Name, secret: SECRET });
const KEY = key('transfer.key');
const ZONE = `$ORIGIN a.test.\n$TTL 300\n@ SOA ns h 1 3600 900 1209600 60\n@ NS ns\nns A 192.0.2.1
big TXT ${Array.from({ length: 4 }, () => `"${'x'.repeat(108)}"`).join(' ')}\n$GENERATE 1-2000 host-$ A 192.0.2.1\n`;

let port: number;
let skewSeconds = 0;
let handler: PacketHandler;
let close: () => Promise<void>;

beforeEach(async () => {
  skewSeconds = 0;
  const allowed = parsePrefix('127.0.0.0/8') as Prefix;
  const { pipeline } = worldState(
    { zones: [ZONE], steering: {} },
    { transferPeers: new Map([[ORIGIN, [allowed]]]) },
  );
  handler = new TsigHandler(pipeline, {
    keys: new Map([KEY, key('other.key')].map((each) => [each.name, each])),
    keyOfZone: new Map([[ORIGIN, KEY.name]]),
    epochSeconds: () => Math.floor(Date.now() / 1000) + skewSeconds,
  });
  ({ port, close } = await serve(handler));
});
afterEach(() => close());

async function dig(program: 'dig' | 'kdig', ...argv: string[]): Promise<string> {
  const all = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=3', ...argv].filter(
    (arg) => program === 'dig' || arg !== '+tries=1',
  );
  try {
    return (await promisify(execFile)(program, all, { timeout: 10_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

const keyed = (name = 'transfer.key', secret = SECRET) => [
  '-y',
  `hmac-sha256:${name}:${secret.toString('base64')}`,
];

describe('a signed query', () => {
  it.each(['dig', 'kdig'] as const)('of %s gets a reply whose signature it takes', async (program) => {
    const reply = await dig(program, ...keyed(), 'ns.a.test', 'A');
    expect(reply).toContain('192.0.2.1');
    expect(reply).toMatch(/status: NOERROR/);
    expect(reply).toMatch(/TSIG/);
    expect(reply).not.toMatch(/couldn't verify|BADSIG|WARNING: (?!recursion)|ERROR:/);
  });

  it.each([
    ['with another secret', keyed('transfer.key', Buffer.alloc(32, 8)), 0, 'BADSIG'],
    ['with a key that we do not know', keyed('no.key'), 0, 'BADKEY'],
    ['by a clock that is wrong', keyed(), 1000, 'BADTIME'],
  ])('%s is refused, with the reason', async (_sentence, argv, skew, error) => {
    skewSeconds = skew;
    const reply = await dig('dig', ...argv, 'ns.a.test', 'A');
    expect(reply).toContain('status: NOTAUTH');
    expect(reply).toMatch(new RegExp(`TSIG.*${error}`));
    expect(reply).not.toContain('192.0.2.1');
  });

  it('whose reply has no room for the signature is told to come over TCP', async () => {
    const reply = await dig('dig', ...keyed(), '+noedns', '+ignore', 'big.a.test', 'TXT');
    expect(reply).toMatch(/flags: qr aa tc[^\n]*ANSWER: 0/);
    expect(reply).not.toMatch(/couldn't verify/);
    expect(await dig('dig', ...keyed(), '+noedns', 'big.a.test', 'TXT')).toContain('xxxx');
  });
});

describe('a transfer', () => {
  it.each(['dig', 'kdig'] as const)('goes to %s with the key: each message is signed', async (program) => {
    const reply = await dig(program, ...keyed(), 'a.test', 'AXFR');
    expect(reply.match(/host-\d+\.a\.test/g)).toHaveLength(2000);
    expect(reply).not.toMatch(/couldn't verify|BADSIG|WARNING|ERROR:|failed/);
  });

  it('goes to nobody without it, or with another key', async () => {
    expect(await dig('dig', 'a.test', 'AXFR')).toContain('Transfer failed');
    expect(await dig('dig', ...keyed('other.key'), 'a.test', 'AXFR')).toContain('Transfer failed');
    expect(await dig('kdig', 'a.test', 'AXFR')).toContain('REFUSED');
  });

  it.skipIf(namedIsMissing())('goes to a secondary that has the key', async () => {
    const secondary = await startNamed({
      'a.test': {
        statements: `{ type secondary; primaries { 127.0.0.1 port ${port} key "transfer.key"; }; file "a.copy"; };
          key "transfer.key" { algorithm hmac-sha256; secret "${SECRET.toString('base64')}"; };`,
      },
    });
    try {
      await vi.waitFor(
        async () => expect((await ask(secondary.port, 'host-2000.a.test', TYPES.A)).answer).toHaveLength(1),
        { timeout: 10_000, interval: 50 },
      );
    } finally {
      await secondary.close();
    }
  });
});

it('hostile packets are survived, and responses get no reply', () => {
  const out = Buffer.alloc(65_535);
  const source = Uint8Array.of(127, 0, 0, 1);
  const query = encodeQuery({ id: 7, name: 'ns.a.test', type: TYPES.A, edns: {} });
  // As a client signs: over no MAC before it. The length word makes it a wrong one; all else is as it should be.
  const signed = signMessage(query, KEY, Buffer.alloc(0), 1_700_000_000).bytes;
  const changes = fc.array(fc.tuple(fc.nat(signed.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(changes, fc.nat(signed.length), (list, cut) => {
      const packet = Buffer.from(signed);
      for (const [at, byte] of list) packet[at] = byte;
      const written = handler.handle(packet, signed.length - (cut % 40), source, 'tcp', out);
      const isResponse = (packet.readUInt16BE(2) & 0x8000) !== 0;
      expect(written).toBeGreaterThanOrEqual(isResponse ? 0 : TRANSFER);
      if (isResponse) expect(written).toBe(0);
    }),
    { numRuns: 500 },
  );
});

it('a record that is not the last, or is there twice, is malformed', () => {
  const query = encodeQuery({ id: 7, name: 'ns.a.test', type: TYPES.A });
  const once = signMessage(query, KEY, Buffer.alloc(0), 1_700_000_000).bytes;
  expect(findTsig(once, once.length)).toMatchObject({
    keyName: KEY.name,
    start: query.length,
    originalId: 7,
  });
  const twice = signMessage(once, KEY, Buffer.alloc(0), 1_700_000_000).bytes;
  expect(findTsig(twice, twice.length)).toBe('malformed');
  const tsig = findTsig(once, once.length);
  if (typeof tsig !== 'object') throw new Error('no record');
  expect(findTsig(appendTsigError(query, tsig, 17, undefined, 0), once.length - 32)).toMatchObject({
    mac: Buffer.alloc(0),
  });
});

/** UDP and TCP over a handler, no more than a test needs. */
async function serve(inner: PacketHandler): Promise<{ port: number; close(): Promise<void> }> {
  const free = await freePort();
  const source = Uint8Array.of(127, 0, 0, 1);
  const out = Buffer.alloc(65_535);
  const udp = createSocket('udp4');
  udp.on('message', (packet, from) => {
    const written = inner.handle(packet, packet.length, source, 'udp', out.subarray(0, 1232));
    if (written > 0) udp.send(Buffer.from(out.subarray(0, written)), from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(free, '127.0.0.1', resolve));
  const tcp = createServer((socket) => {
    let pending = Buffer.alloc(0);
    const write = (message: Uint8Array) => {
      socket.write(Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]));
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const query = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + query.length);
        const written = inner.handle(query, query.length, source, 'tcp', out);
        if (written > 0) write(out.subarray(0, written));
        if (written !== TRANSFER) continue;
        for (const message of inner.transfer(query, query.length, source)) write(message);
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(free, '127.0.0.1', resolve));
  return {
    port: free,
    close: async () => {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

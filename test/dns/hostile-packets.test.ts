// Section 6 of the promise: FORMERR, another error or silence, as the RFCs say; counted, never a crash.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOutcome, createMetrics } from '../../src/dns/metrics.ts';
import { handlePacket, serverFailure } from '../../src/dns/query-pipeline.ts';
import { RCODES, TYPES } from '../../src/dns/wire/constants.ts';
import { decodeQuery } from '../../src/dns/wire/decode-query.ts';
import { decodeResponse, encodeQuery } from '../../src/dns/wire/query.ts';
import { parseAddress } from '../../src/net/ip-address.ts';
import { send, worldState } from './support.ts';

const state = worldState({ places: { '100.64.1.0/24': [51.5, -0.1] } });
const source = parseAddress('198.51.100.77') as Uint8Array;
const good = encodeQuery({ id: 1, name: 'www.cdn.test', type: TYPES.A });

/** The good query with an OPT record of these option bytes. */
function withOptions(
  options: Buffer,
  header: { version?: number; copies?: number; owner?: Buffer } = {},
): Buffer {
  const opt = Buffer.concat([
    header.owner ?? Buffer.from([0]),
    Buffer.from([0, 41, 0x04, 0xd0, 0, header.version ?? 0, 0, 0, options.length >> 8, options.length & 255]),
    options,
  ]);
  const copies = header.copies ?? 1;
  const packet = Buffer.concat([good, ...Array<Buffer>(copies).fill(opt)]);
  packet.writeUInt16BE(copies, 10);
  return packet;
}

function clientSubnet(...bytes: number[]): Buffer {
  return Buffer.from([0, 8, 0, bytes.length, ...bytes]);
}

function patched(offset: number, ...bytes: number[]): Buffer {
  const packet = Buffer.from(good);
  packet.set(bytes, offset);
  return packet;
}

describe('malformed client subnet options are FORMERR', () => {
  it.each([
    ['scope in a query', 'client-subnet-scope-in-query', clientSubnet(0, 1, 24, 24, 100, 64, 1)],
    ['address too long', 'client-subnet-address-too-long', clientSubnet(0, 1, 24, 0, 100, 64, 1, 0)],
    ['bits beyond the source length', 'client-subnet-host-bits-set', clientSubnet(0, 1, 20, 0, 100, 64, 1)],
    ['source length 33', 'client-subnet-source-too-long', clientSubnet(0, 1, 33, 0, 100, 64, 1, 0, 0)],
    ['address too short', 'client-subnet-address-too-short', clientSubnet(0, 1, 24, 0, 100, 64)],
    ['family 3', 'client-subnet-unknown-family', clientSubnet(0, 3, 24, 0, 100, 64, 1)],
    ['three bytes', 'client-subnet-truncated', clientSubnet(0, 1, 24)],
    ['no family but an address', 'client-subnet-source-too-long', clientSubnet(0, 0, 24, 0, 100, 64, 1)],
    [
      'two of them',
      'client-subnet-twice',
      Buffer.concat([clientSubnet(0, 1, 24, 0, 100, 64, 1), clientSubnet(0, 1, 24, 0, 100, 64, 2)]),
    ],
    ['an option longer than the record', 'edns-option-truncated', Buffer.from([0, 8, 0, 99, 0, 1])],
  ])('%s', (_sentence, reason, option) => {
    const reply = send(state, withOptions(option));
    expect(reply).toMatchObject({ rcode: RCODES.FORMERR, answer: [], outcome: { reason, malformed: true } });
    expect(reply.edns, 'the reply to EDNS is EDNS').toBeDefined();
    expect(reply.question?.name).toBe('www.cdn.test.');
  });

  it('but a client that gives no family and no address is well-formed', () => {
    expect(send(state, withOptions(clientSubnet(0, 0, 0, 0))).rcode).toBe(RCODES.NOERROR);
  });
});

describe('malformed messages', () => {
  it.each<[string, Buffer, number, string]>([
    ['two OPT records', withOptions(Buffer.alloc(0), { copies: 2 }), RCODES.FORMERR, 'two-opt-records'],
    [
      'an OPT record with an owner',
      withOptions(Buffer.alloc(0), { owner: Buffer.from([1, 97, 0]) }),
      RCODES.FORMERR,
      'opt-misplaced',
    ],
    ['an unknown opcode', patched(2, 0x38), RCODES.NOTIMP, 'opcode'],
    ['NOTIFY', patched(2, 0x20), RCODES.NOTIMP, 'opcode'],
    ['no question', patched(4, 0, 0), RCODES.FORMERR, 'question-count'],
    ['two questions', patched(4, 0, 2), RCODES.FORMERR, 'question-count'],
    ['an answer in a query', patched(6, 0, 1), RCODES.FORMERR, 'records-in-query'],
    ['a cut question', good.subarray(0, good.length - 3), RCODES.FORMERR, 'question'],
    ['a name that points at itself', patched(12, 0xc0, 12), RCODES.FORMERR, 'question'],
    ['a name that points forward', patched(12, 0xc0, 20), RCODES.FORMERR, 'question'],
    ['a label of a reserved kind', patched(12, 0x80), RCODES.FORMERR, 'question'],
    ['a record that is not there', patched(10, 0, 1), RCODES.FORMERR, 'record-truncated'],
    ['sixty thousand records', patched(10, 0xea, 0x60), RCODES.FORMERR, 'too-many-records'],
    ['bytes after the end', Buffer.concat([good, Buffer.from([0])]), RCODES.FORMERR, 'trailing-bytes'],
    ['a name of 256 bytes', longName(), RCODES.FORMERR, 'question'],
  ])('%s', (_sentence, packet, rcode, reason) => {
    expect(send(state, packet)).toMatchObject({
      id: 1,
      rcode,
      answer: [],
      outcome: { reason, malformed: true },
    });
  });

  it.each([
    ['a response is dropped, or two servers would talk for ever', patched(2, 0x80), 'response'],
    ['less than a header is dropped', good.subarray(0, 11), 'shorter-than-header'],
    ['nothing is dropped', Buffer.alloc(0), 'shorter-than-header'],
  ])('%s', (_sentence, packet, reason) => {
    expect(handlePacket(state, packet, source, 'udp')).toEqual({ outcome: { reason, malformed: true } });
    expect(packet.length < 12 || packet[2] === 0x80 ? serverFailure(packet) : undefined).toBeUndefined();
  });

  it('EDNS of another version is BADVERS, whatever its options are', () => {
    const reply = send(state, withOptions(Buffer.from([1, 2, 3]), { version: 1 }));
    expect(reply).toMatchObject({ rcode: RCODES.BADVERS, answer: [], edns: { version: 0 } });
  });

  it('options that nobody knows are skipped', () => {
    expect(send(state, withOptions(Buffer.from([0xff, 1, 0, 2, 9, 9]))).rcode).toBe(RCODES.NOERROR);
  });

  it('IXFR may carry the client`s SOA, and is refused like AXFR', () => {
    const query = encodeQuery({ id: 1, name: 'cdn.test', type: TYPES.IXFR });
    const soa = Buffer.from([0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 0]);
    const packet = Buffer.concat([query, soa]);
    packet.writeUInt16BE(1, 8);
    expect(send(state, packet)).toMatchObject({
      rcode: RCODES.REFUSED,
      outcome: { reason: 'zone-transfer' },
    });
  });

  it('CHAOS says which server this is, and nothing else', () => {
    const query = encodeQuery({ id: 1, name: 'id.server', type: TYPES.TXT });
    query.writeUInt16BE(3, query.length - 2);
    expect(send(state, query).answer[0]).toMatchObject({ class: 3, text: '"pop-fra"' });
    const version = encodeQuery({ id: 1, name: 'version.bind', type: TYPES.TXT });
    version.writeUInt16BE(3, version.length - 2);
    expect(send(state, version).rcode).toBe(RCODES.REFUSED);
  });

  it('every reply repeats the question byte by byte, letter case too', () => {
    const packet = patched(13, 0x57); // `Www`: our own encoder writes lower case
    expect(send(state, packet).bytes.subarray(12, 17).toString()).toBe('\x03Www\x03');
  });
});

describe('any bytes at all', () => {
  const metrics = createMetrics();
  const pools = [
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    // A good query with some bytes changed gets further than noise does.
    fc
      .tuple(
        fc.constantFrom(good, withOptions(clientSubnet(0, 1, 24, 0, 100, 64, 1))),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([base, changes, tail]) => {
        const packet = Buffer.concat([base, tail]);
        for (const [at, byte] of changes) if (at < packet.length) packet[at] = byte;
        return packet;
      }),
  ];

  it('is answered with a message that decodes, or not at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(...pools),
        fc.constantFrom('udp' as const, 'tcp' as const),
        (packet, transport) => {
          const { bytes, outcome } = handlePacket(state, packet, source, transport);
          countOutcome(metrics, outcome, transport);
          const response = packet.length >= 12 && ((packet[2] ?? 0) & 0x80) !== 0;
          expect(bytes === undefined).toBe(packet.length < 12 || response);
          if (!bytes) return;
          expect(bytes.readUInt16BE(0)).toBe(packet.readUInt16BE(0));
          expect(decodeResponse(bytes)).toBeDefined();
          if (transport === 'udp') expect(bytes.length).toBeLessThanOrEqual(1232);
        },
      ),
      { numRuns: 5000, seed: 1 },
    );
    expect([...metrics.malformed.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(1000);
  });

  it('never makes the decoders throw', () => {
    fc.assert(
      fc.property(fc.oneof(...pools), (packet) => {
        decodeQuery(packet);
        decodeResponse(packet);
        if (packet.length > 2) packet[2] = 0x80;
        decodeResponse(packet);
      }),
      { numRuns: 5000, seed: 2 },
    );
  });
});

function longName(): Buffer {
  const label = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 'a')]);
  return Buffer.concat([good.subarray(0, 12), label, label, label, label, Buffer.from([0, 0, 1, 0, 1])]);
}

import { describe, expect, it } from 'vitest';
import { FLAGS, HEADER_BYTES, TYPES, typeName } from '../../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import { decodeResponse, encodeQuery, type Response } from '../../../src/dns/wire/query.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { transferMessages } from '../../../src/dns/zone/transfer.ts';
import type { Zone } from '../../../src/dns/zone/zone.ts';

const HEAD = `$ORIGIN a.test.
$TTL 300
@ SOA ns h 7 3600 900 1209600 60
@ NS ns
ns A 192.0.2.1
`;

/** Every rule answers one address of each family. */
const sources = {
  rules: new Map<Name, { policy: string }>([[parseName('*.www.a.test') as Name, { policy: 'prod' }]]),
  steeredForUnknown: (_rule: { policy: string }, type: number) => addresses(type, 5),
  aliasForUnknown: (_owner: Name, _alias: unknown, type: number) => addresses(type, 9),
};

function addresses(type: number, ttlSeconds: number) {
  const bytes = type === TYPES.A ? 4 : 16;
  return { addresses: [new Uint8Array(bytes).fill(1)], ttlSeconds };
}

function zoneOf(text: string): Zone {
  const { zone, problems } = loadZone(HEAD + text, 'a.zone');
  expect(problems).toEqual([]);
  return zone as Zone;
}

function transfer(zone: Zone, query = encodeQuery({ id: 99, name: 'a.test', type: TYPES.AXFR })) {
  const messages: { bytes: Buffer; response: Response }[] = [];
  for (const message of transferMessages(query, zone, sources)) {
    const bytes = Buffer.from(message);
    messages.push({ bytes, response: decodeResponse(bytes) as Response });
  }
  return messages;
}

function lines(messages: ReturnType<typeof transfer>): string[] {
  return messages.flatMap(({ response }) =>
    response.answer.map(
      ({ name, ttlSeconds, type, text }) => `${name} ${ttlSeconds} ${typeName(type)} ${text}`,
    ),
  );
}

/** An IXFR query: the SOA that the secondary has is in its authority section. */
function incremental(serial: number): Buffer {
  const query = encodeQuery({ id: 99, name: 'a.test', type: TYPES.IXFR });
  const soa = Buffer.from('\xc0\x0c\0\x06\0\x01\0\0\0\0\0\x16\0\0', 'latin1');
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(serial);
  query.writeUInt16BE(1, 8);
  return Buffer.concat([query, soa, numbers]);
}

const SOA = 'a.test. 300 SOA ns.a.test. h.a.test. 7 3600 900 1209600 60';

describe('a zone transfer', () => {
  it('has the SOA first and last, and all that is below delegations', () => {
    const zone = zoneOf('sub NS ns.sub\nns.sub A 192.0.2.2\nx.sub TXT "occluded"\n');
    expect(lines(transfer(zone))).toEqual([
      SOA,
      'a.test. 300 NS ns.a.test.',
      'ns.a.test. 300 A 192.0.2.1',
      'sub.a.test. 300 NS ns.sub.a.test.',
      'ns.sub.a.test. 300 A 192.0.2.2',
      'x.sub.a.test. 300 TXT "occluded"',
      SOA,
    ]);
  });

  it('gives steered names and aliases their addresses of now, and marks them', () => {
    const zone = zoneOf('@ ALIAS lb.b.test.\n@ 77 TXT "spf"\n*.www 60/5 STEER prod\n');
    expect(lines(transfer(zone))).toEqual([
      SOA,
      'a.test. 300 NS ns.a.test.',
      'a.test. 77 TXT "spf"',
      'a.test. 9 A 1.1.1.1',
      'a.test. 9 AAAA 101:101:101:101:101:101:101:101',
      'a.test. 77 TXT "catchment: alias of lb.b.test."',
      'ns.a.test. 300 A 192.0.2.1',
      '*.www.a.test. 5 A 1.1.1.1',
      '*.www.a.test. 5 AAAA 101:101:101:101:101:101:101:101',
      '*.www.a.test. 5 TXT "catchment: steered by prod"',
      SOA,
    ]);
  });

  it('comes in messages of at most 16 KB, the question in the first only, compressed', () => {
    const owners = Array.from({ length: 2000 }, (_, i) => `host-${i} A 192.0.2.1\n`);
    const messages = transfer(zoneOf(owners.join('')));
    expect(messages.length).toBeGreaterThan(2);
    for (const [i, { bytes, response }] of messages.entries()) {
      expect(bytes.length).toBeLessThanOrEqual(16_384);
      expect(response).toMatchObject({ id: 99, rcode: 0, authoritative: true });
      expect(response.question?.name).toBe(i === 0 ? 'a.test.' : undefined);
      // A host, a pointer to the rest of its name, and 14 bytes of record.
      expect(bytes.length / response.answer.length).toBeLessThan(30);
    }
    expect(lines(messages)).toHaveLength(2004);
  });

  it('begins a larger message for a record that no 16 KB hold', () => {
    const text = Array.from({ length: 100 }, () => `"${'x'.repeat(250)}"`).join(' ');
    const messages = transfer(zoneOf(`big TXT ${text}\nsmall TXT a\n`));
    expect(messages.map(({ response }) => response.answer.length)).toEqual([3, 3]);
  });

  it('repeats the id, the client`s letter case and the RD flag', () => {
    const query = encodeQuery({ id: 7, name: 'a.test', type: TYPES.AXFR, recursionDesired: true });
    query.write('A.tEST'.replace('.', '\x04'), 13, 'latin1');
    const [first] = transfer(zoneOf(''), query);
    expect(first?.bytes.readUInt16BE(0)).toBe(7);
    expect(first?.bytes.subarray(HEADER_BYTES, HEADER_BYTES + 8).toString('latin1')).toBe('\x01A\x04tEST\0');
    expect(first?.bytes.readUInt16BE(2)).toBe(FLAGS.QR | FLAGS.AA | FLAGS.RD);
  });

  it.each([
    ['an older serial gets the whole zone', 6, 4],
    ['a serial that has wrapped around counts as older', 0xfffffff0, 4],
    ['the same serial gets the SOA alone', 7, 1],
    ['a newer serial gets the SOA alone', 8, 1],
  ])('answers an incremental request in full: %s', (_sentence, serial, records) => {
    expect(lines(transfer(zoneOf(''), incremental(serial)))).toHaveLength(records);
  });

  it('answers an incremental request that lacks its SOA in full', () => {
    const query = encodeQuery({ id: 99, name: 'a.test', type: TYPES.IXFR });
    expect(lines(transfer(zoneOf(''), query))).toHaveLength(4);
    expect(lines(transfer(zoneOf(''), incremental(7).subarray(0, -18)))).toHaveLength(4);
  });

  it('is over, without a word, when the query has no question', () => {
    expect(transfer(zoneOf(''), Buffer.alloc(12))).toEqual([]);
    expect(transfer(zoneOf(''), Buffer.alloc(3))).toEqual([]);
  });
});

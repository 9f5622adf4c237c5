// Packets with a sound header and lawful records whose contents are anything at all: what a mutation of a real query
// seldom becomes. fast-check shrinks what breaks a rule.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameBytes, optRecord, type QueryParts, rawQuery, words } from '../support/message.ts';
import { testPipeline } from '../support/pipeline.ts';
import { brokenRule } from '../support/reply-rules.ts';

const pipeline = await testPipeline();

const label = fc.oneof(
  fc.constantFrom('www', 'cdn', 'test', 'sub', 'c0', '*', 'a', 'ent', 'wild', 'big'),
  fc.string({ minLength: 1, maxLength: 63, unit: 'binary-ascii' }),
);
const name = fc.oneof(
  fc
    .constantFrom('www.cdn.test', 'WWW.cdn.TEST', 'alias.cdn.test', 'big.cdn.test', 'sub.cdn.test', '.')
    .map(nameBytes),
  fc.array(label, { maxLength: 5 }).map((labels) => Buffer.concat([wire(labels), nameBytes('cdn.test')])),
  fc.array(label, { maxLength: 6 }).map((labels) => Buffer.concat([wire(labels), Buffer.from([0])])),
);
const type = fc.oneof(
  fc.constantFrom(1, 2, 5, 6, 12, 15, 16, 28, 33, 43, 48, 64, 65, 255, 257),
  fc.nat(65535),
);
const dnsClass = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(65535) });

const option = fc.record({
  code: fc.oneof(fc.constantFrom(3, 8, 9, 10, 11, 12, 15, 18), fc.nat(65535)),
  data: fc.uint8Array({ maxLength: 48 }).map((bytes) => Buffer.from(bytes)),
});
const subnet = fc
  .record({
    family: fc.nat(3),
    source: fc.nat(140),
    scope: fc.constantFrom(0, 0, 0, 24),
    bytes: fc.uint8Array({ maxLength: 18 }),
  })
  .map(({ family, source, scope, bytes }) => {
    return { code: 8, data: Buffer.concat([words(family), Buffer.from([source, scope]), bytes]) };
  });
const opt = fc
  .record({
    options: fc.array(fc.oneof(option, subnet), { maxLength: 6 }),
    udpPayloadBytes: fc.oneof(fc.constantFrom(0, 12, 511, 512, 1232, 1233, 4096, 65535), fc.nat(65535)),
    version: fc.constantFrom(0, 0, 0, 1, 255),
    flags: fc.constantFrom(0, 0x8000, 0x4000, 0xffff),
  })
  .map(({ options, ...header }) => optRecord(options, header));
const record = fc
  .record({ owner: name, type, class: dnsClass, rdata: fc.uint8Array({ maxLength: 60 }) })
  .map((fields) =>
    Buffer.concat([fields.owner, words(fields.type, fields.class, 0, 60, fields.rdata.length), fields.rdata]),
  );

const query = fc
  .record({
    id: fc.nat(65535),
    // Any flags and opcode, QR mostly clear.
    flags: fc.oneof(fc.constantFrom(0, 0x100, 0x120, 0x110), fc.nat(0x7fff), fc.nat(0xffff)),
    name,
    type,
    class: dnsClass,
    additional: fc.oneof(
      fc.constant([]),
      opt.map((bytes) => [bytes]),
      fc.array(fc.oneof(opt, record), { maxLength: 4 }),
    ),
    tail: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.uint8Array({ maxLength: 20 })),
  })
  .map((parts) => rawQuery(parts as QueryParts));

it.each(['udp', 'tcp'] as const)(
  'whatever lawful records say, every reply keeps the rules, over %s',
  (transport) => {
    fc.assert(
      fc.property(query, (packet) => {
        expect(brokenRule(packet, pipeline.handle(packet, transport), transport)).toBeUndefined();
      }),
      { numRuns: 6000, seed: 4 },
    );
  },
);

it('bytes without any structure are answered with FORMERR or NOTIMP at most', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
      const packet = Buffer.from(bytes);
      expect(brokenRule(packet, pipeline.handle(packet, 'udp'), 'udp')).toBeUndefined();
    }),
    { numRuns: 4000, seed: 5 },
  );
});

function wire(labels: string[]): Buffer {
  return Buffer.concat(labels.map((text) => Buffer.from(String.fromCharCode(text.length) + text, 'latin1')));
}

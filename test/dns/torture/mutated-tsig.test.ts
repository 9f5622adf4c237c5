// Signed queries (TSIG, RFC 8945) made bad: what is no longer what was signed is refused with NOTAUTH or FORMERR, never answered
// as if it were signed, and never a crash. The good query is dig's own, at the time when dig sent it.

import { beforeAll, describe, expect, it } from 'vitest';
import { nameBytes, optRecord, rawQuery, readMessage, words } from '../support/message.ts';
import { createMutator } from '../support/mutate.ts';
import { type TestPipeline, testPipeline } from '../support/pipeline.ts';
import { brokenRule } from '../support/reply-rules.ts';
import { signedQuery } from '../support/tsig.ts';
import { capturedQueries, corpus } from './corpus/corpus.ts';

const TSIG = 250;
const NOTAUTH = 9;
const PACKETS = 30_000;
const KEY = { name: 'key', secret: Buffer.from('sixteen bytes or') };
const KEYS = `key "key" { algorithm hmac-sha256; secret "${KEY.secret.toString('base64')}"; };\n`;

const signed = capturedQueries().find((packet) => tsigOf(packet) !== undefined) as Buffer;
let server: TestPipeline;
beforeAll(async () => {
  const zones = [{ file: 'cdn.zone', transfer: { allow: ['198.51.100.0/24'], tsigKey: 'key' } }];
  server = await testPipeline({ zones, tsigKeys: 'tsig.keys', rateLimit: false }, { 'tsig.keys': KEYS });
  server.clock.epochSeconds = signedAt(signed);
});

function tsigOf(message: Buffer): Buffer | undefined {
  return readMessage(message).records.find(({ type }) => type === TSIG)?.rdata;
}

/** The 48 bits behind the algorithm's name. */
function signedAt(message: Buffer): number {
  const rdata = tsigOf(message) as Buffer;
  return rdata.readUIntBE(nameBytes('hmac-sha256').length, 6);
}

/** Of the reply's TSIG record: the bytes of its MAC. */
function macOf(reply: Buffer): Buffer {
  const rdata = tsigOf(reply) as Buffer;
  const at = nameBytes('hmac-sha256').length + 8;
  return rdata.subarray(at + 2, at + 2 + rdata.readUInt16BE(at));
}

it('the query as dig sent it is answered, signed', () => {
  const reply = server.handle(signed, 'udp') as Buffer;
  expect(readMessage(reply).rcode).toBe(0);
  expect(macOf(reply).length).toBe(32);
});

it('every single flipped bit of it is noticed', () => {
  const accepted: number[] = [];
  for (let bit = 0; bit < signed.length * 8; bit++) {
    const packet = Buffer.from(signed);
    packet[bit >> 3] = (packet[bit >> 3] as number) ^ (1 << (bit & 7));
    const reply = server.handle(packet, 'udp');
    if (!reply) continue;
    const broken = brokenRule(packet, reply, 'udp');
    if (broken) throw new Error(`${broken}: bit ${bit} of ${signed.toString('hex')}`);
    const { rcode, records } = readMessage(reply);
    if (rcode === 0 && records.some(({ type }) => type === TSIG)) accepted.push(bit);
  }
  // The id is not signed (its original is), nor is the letter case of the names.
  const unsigned = accepted.filter((bit) => bit >= 16 && !isLetterCase(bit));
  expect(unsigned.map((bit) => `byte ${bit >> 3} bit ${bit & 7}`)).toEqual([]);

  function isLetterCase(bit: number): boolean {
    const byte = signed[bit >> 3] as number;
    return (bit & 7) === 5 && /[a-z]/i.test(String.fromCharCode(byte));
  }
});

describe('a signed reply is no longer than the client takes', () => {
  const ask = (name: string, additional: Buffer[]) => {
    const query = rawQuery({ name: nameBytes(name), type: 16, additional });
    const packet = signedQuery(query, KEY, server.clock.epochSeconds);
    const reply = server.handle(packet, 'udp') as Buffer;
    return { reply, message: readMessage(reply) };
  };

  it.each([512, 640, 700, 1232, 4096])('with EDNS of %i bytes', (udpPayloadBytes) => {
    for (const name of ['medium.cdn.test', 'big.cdn.test', 'static.cdn.test']) {
      const { reply, message } = ask(name, [optRecord([], { udpPayloadBytes })]);
      expect(reply.length, name).toBeLessThanOrEqual(Math.min(1232, udpPayloadBytes));
      expect(message.opt, name).toBeDefined();
    }
  });

  it('without EDNS', () => {
    const { reply, message } = ask('medium.cdn.test', []);
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(message.tc).toBe(true);
  });
});

it('a question that points into the header is not repeated, signed or not', () => {
  const rdata = Buffer.concat([
    nameBytes('hmac-sha256'),
    words(0, 0, 1, 300, 32),
    Buffer.alloc(32),
    words(1, 0, 0),
  ]);
  const tsig = Buffer.concat([nameBytes('stranger'), words(TSIG, 255, 0, 0, rdata.length), rdata]);
  for (const name of [Buffer.from([0xc0, 2]), Buffer.from([1, 97, 0xc0, 4])]) {
    const packet = rawQuery({ name, additional: [tsig] });
    expect(brokenRule(packet, server.handle(packet, 'udp'), 'udp')).toBeUndefined();
  }
});

it.each([
  ['too early', -301],
  ['too late', 301],
])('%s it is NOTAUTH with BADTIME', (_sentence, seconds) => {
  server.clock.epochSeconds += seconds;
  expect(readMessage(server.handle(signed, 'udp') as Buffer).rcode).toBe(NOTAUTH);
  server.clock.epochSeconds -= seconds;
});

it('mutated, it and others keep every rule of a reply', () => {
  const mutator = createMutator([...Array<Buffer>(20).fill(signed), ...corpus()], 5);
  const broken: string[] = [];
  for (let i = 0; i < PACKETS; i++) {
    const packet = mutator.next();
    const transport = i % 2 ? 'udp' : 'tcp';
    const rule = brokenRule(packet, server.handle(packet, transport), transport);
    if (rule) broken.push(`${rule}: packet ${i} of seed 5: ${packet.toString('hex')}`);
  }
  expect(broken.slice(0, 5)).toEqual([]);
});

describe('a transfer of a zone that is for holders of the key', () => {
  it('is refused without the key, whatever the address', () => {
    const reply = server.handle(rawQuery({ name: nameBytes('cdn.test'), type: 252 }), 'tcp') as Buffer;
    expect(readMessage(reply).rcode).toBe(5);
  });

  it('is refused to a key that nobody knows, with BADKEY', () => {
    const rdata = Buffer.concat([
      nameBytes('hmac-sha256'),
      words(0, 0, 1, 300, 32),
      Buffer.alloc(32),
      words(1, 0, 0),
    ]);
    const tsig = Buffer.concat([nameBytes('stranger'), words(TSIG, 255, 0, 0, rdata.length), rdata]);
    const reply = server.handle(
      rawQuery({ name: nameBytes('cdn.test'), type: 252, additional: [tsig] }),
      'tcp',
    ) as Buffer;
    expect(readMessage(reply).rcode).toBe(NOTAUTH);
  });
});

// Every way in which a query can be malformed, one by one: FORMERR, another error or silence, as the RFCs say, under a reason
// that is counted, and never a crash.

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RCODES } from '../../../src/dns/wire/constants.ts';
import {
  nameBytes,
  optRecord,
  type RawMessage,
  type RawOption,
  rawQuery,
  readMessage,
  subnetOption,
  words,
} from '../support/message.ts';
import { type TestPipeline, testPipeline } from '../support/pipeline.ts';

let server: TestPipeline;
beforeAll(async () => {
  server = await testPipeline();
});

function ask(packet: Buffer): RawMessage {
  const reply = server.handle(packet, 'udp');
  if (!reply) throw new Error('no reply');
  return readMessage(reply);
}

const counted = (reason: string) => server.metrics.families.malformed.of(reason).count;
const good = rawQuery({ name: nameBytes('www.cdn.test') });
const withOptions = (...options: RawOption[]) => rawQuery({ additional: [optRecord(options)] });

function patched(offset: number, ...bytes: number[]): Buffer {
  const packet = Buffer.from(good);
  packet.set(bytes, offset);
  return packet;
}

const subnet = subnetOption([193, 0, 0], 24);

describe('malformed Client Subnet options are FORMERR', () => {
  it.each<[string, string, Buffer]>([
    [
      'scope in a query',
      'client-subnet-scope-in-query',
      withOptions(subnetOption([193, 0, 0], 24, { scope: 24 })),
    ],
    [
      'address too long',
      'client-subnet-address-too-long',
      withOptions(subnetOption([193, 0, 0], 24, { bytes: 4 })),
    ],
    [
      'address too short',
      'client-subnet-address-too-short',
      withOptions(subnetOption([193, 0, 0], 24, { bytes: 2 })),
    ],
    [
      'bits beyond the source length',
      'client-subnet-host-bits-set',
      withOptions(subnetOption([193, 0, 1], 20)),
    ],
    ['source length 33', 'client-subnet-source-too-long', withOptions(subnetOption([193, 0, 0], 33))],
    ['family 3', 'client-subnet-unknown-family', withOptions(subnetOption([193, 0, 0], 24, { family: 3 }))],
    [
      'no family but an address',
      'client-subnet-source-too-long',
      withOptions(subnetOption([193, 0, 0], 24, { family: 0 })),
    ],
    ['three bytes', 'client-subnet-truncated', withOptions({ code: 8, data: Buffer.from([0, 1, 24]) })],
    ['two of them', 'client-subnet-twice', withOptions(subnet, subnet)],
    [
      'an option longer than the record',
      'edns-option-truncated',
      rawQuery({ additional: [optRecord(words(8, 99, 1))] }),
    ],
  ])('%s', (_sentence, reason, packet) => {
    const before = counted(reason);
    const reply = ask(packet);
    expect(reply).toMatchObject({ rcode: RCODES.FORMERR, records: [] });
    expect(reply.opt?.options, 'the reply to EDNS is EDNS, and repeats nothing of it').toEqual([]);
    expect(reply.questions[0]?.nameText).toBe('www.cdn.test.');
    expect(counted(reason)).toBe(before + 1);
  });

  it('but a client that gives no family and no address is well-formed', () => {
    expect(ask(withOptions({ code: 8, data: Buffer.alloc(4) })).rcode).toBe(RCODES.NOERROR);
  });
});

describe('malformed messages', () => {
  const longName = nameBytes(`${'a'.repeat(63)}.`.repeat(4));
  it.each<[string, Buffer, number, string]>([
    [
      'two OPT records',
      rawQuery({ additional: [optRecord(), optRecord()] }),
      RCODES.FORMERR,
      'two-opt-records',
    ],
    [
      'an OPT record with an owner',
      rawQuery({ additional: [optRecord([], { owner: nameBytes('a') })] }),
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
    [
      'a name that points into the header, which the reply changes',
      patched(12, 0xc0, 2),
      RCODES.FORMERR,
      'question',
    ],
    ['a name that ends in such a pointer', patched(16, 0xc0, 2), RCODES.FORMERR, 'question'],
    ['a label of a reserved kind', patched(12, 0x80), RCODES.FORMERR, 'question'],
    ['a record that is not there', patched(10, 0, 1), RCODES.FORMERR, 'record-truncated'],
    ['sixty thousand records', patched(10, 0xea, 0x60), RCODES.FORMERR, 'too-many-records'],
    ['bytes after the end', Buffer.concat([good, Buffer.from([0])]), RCODES.FORMERR, 'trailing-bytes'],
    ['a name of 256 bytes', rawQuery({ name: longName }), RCODES.FORMERR, 'question'],
  ])('%s', (_sentence, packet, rcode, reason) => {
    const before = counted(reason);
    expect(ask(packet)).toMatchObject({ id: 0x1234, rcode, records: [] });
    expect(counted(reason)).toBe(before + 1);
  });

  it.each([
    ['a response is dropped, or two servers would talk for ever', patched(2, 0x80), 'response'],
    ['less than a header is dropped', good.subarray(0, 11), 'shorter-than-header'],
    ['nothing is dropped', Buffer.alloc(0), 'shorter-than-header'],
  ])('%s', (_sentence, packet, reason) => {
    const before = counted(reason);
    expect(server.handle(packet, 'udp')).toBeUndefined();
    expect(counted(reason)).toBe(before + 1);
  });

  it('EDNS of another version is BADVERS, whatever its options are', () => {
    const packet = rawQuery({ additional: [optRecord(Buffer.from([1, 2, 3]), { version: 1 })] });
    expect(ask(packet)).toMatchObject({ rcode: RCODES.BADVERS, records: [], opt: { version: 0 } });
  });

  it('IXFR may carry the client`s SOA, and is refused like AXFR', () => {
    const soa = Buffer.concat([Buffer.from([0xc0, 12]), words(6, 1, 0, 0, 0)]);
    const packet = rawQuery({ name: nameBytes('cdn.test'), type: 251, counts: [1, 0, 1, 0], tail: soa });
    expect(ask(packet).rcode).toBe(RCODES.REFUSED);
  });
});

it('a bug of ours is SERVFAIL to the client, counted, and no worse', async () => {
  const broken = await testPipeline();
  vi.spyOn(broken.steering, 'choose').mockImplementation(() => {
    throw new TypeError('a bug');
  });
  const out = Buffer.alloc(1232);
  const length = broken.pipeline.handle(good, good.length, Uint8Array.of(192, 0, 2, 1), 'udp', out);
  expect(readMessage(out.subarray(0, length))).toMatchObject({
    id: 0x1234,
    rcode: RCODES.SERVFAIL,
    records: [],
  });
  expect(broken.metrics.families.internal_errors.of().count).toBe(1);
});

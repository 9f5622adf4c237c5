// EDNS and header behaviour of the real process, test by test as ISC's EDNS compliance tester asks (the names in brackets
// are its own), with what RFC 6891, 7873, 8020, 8482 and 9619 want beside. DNS Flag Day 2019 and 2020 are about these.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  nameBytes,
  optRecord,
  type QueryParts,
  type RawMessage,
  rawQuery,
  readMessage,
  subnetOption,
} from '../support/message.ts';
import { askTcp, askUdp } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';

const SOA = 6;
const TXT = 16;
const CHAOS = 3;
const [NOERROR, FORMERR, NXDOMAIN, NOTIMP, REFUSED, BADVERS] = [0, 1, 3, 4, 5, 16];

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig({ workers: 1 }), files: worldFiles() });
});
afterAll(() => server.stop());

async function udp(parts: QueryParts): Promise<RawMessage> {
  const reply = await askUdp(server, rawQuery({ name: nameBytes('cdn.test'), type: SOA, ...parts }));
  if (!reply) throw new Error('no reply');
  return readMessage(reply);
}

async function tcp(parts: QueryParts): Promise<RawMessage> {
  const reply = await askTcp(server, rawQuery({ name: nameBytes('cdn.test'), type: SOA, ...parts }));
  if (!reply) throw new Error('no reply');
  return readMessage(reply);
}

const answers = (message: RawMessage, type = SOA) =>
  message.records.filter((record) => record.section === 'answer' && record.type === type).length;

describe('EDNS', () => {
  it('[dns] a query without EDNS gets the SOA without EDNS', async () => {
    const reply = await udp({});
    expect(reply).toMatchObject({ rcode: NOERROR, aa: true });
    expect(reply.opt).toBeUndefined();
    expect(answers(reply)).toBe(1);
  });

  it('[edns] version 0 gets version 0, and 1232 bytes are offered', async () => {
    const reply = await udp({ additional: [optRecord([], { udpPayloadBytes: 4096 })] });
    expect(reply).toMatchObject({ rcode: NOERROR, opt: { version: 0, udpPayloadBytes: 1232, options: [] } });
    expect(answers(reply)).toBe(1);
  });

  it.each([1, 2, 100, 255])('[edns1] version %i gets BADVERS, version 0 and no answer', async (version) => {
    const reply = await udp({ additional: [optRecord([], { version })] });
    expect(reply).toMatchObject({ rcode: BADVERS, records: [], opt: { version: 0 } });
  });

  it('[edns1opt] version 1 with an unknown option gets BADVERS, the option is not sent back', async () => {
    const reply = await udp({
      additional: [optRecord([{ code: 100, data: Buffer.alloc(0) }], { version: 1 })],
    });
    expect(reply).toMatchObject({ rcode: BADVERS, records: [], opt: { version: 0, options: [] } });
  });

  it('version 1 with a malformed Client Subnet option is BADVERS too: its options are not ours to read', async () => {
    const option = subnetOption([1], 24, { bytes: 1 });
    expect((await udp({ additional: [optRecord([option], { version: 1 })] })).rcode).toBe(BADVERS);
  });

  it.each([[100], [65001], [65535], [0]])(
    '[ednsopt] option %i is skipped and not sent back',
    async (code) => {
      const reply = await udp({ additional: [optRecord([{ code, data: Buffer.from('any') }])] });
      expect(reply).toMatchObject({ rcode: NOERROR, opt: { version: 0, options: [] } });
      expect(answers(reply)).toBe(1);
    },
  );

  it('[ednsflags] unknown flags are not sent back', async () => {
    const reply = await udp({ additional: [optRecord([], { flags: 0x7fff })] });
    expect(reply).toMatchObject({ rcode: NOERROR, opt: { version: 0, flags: 0 } });
  });

  it('[do] the DO bit is sent back (RFC 3225)', async () => {
    expect((await udp({ additional: [optRecord([], { flags: 0x8000 })] })).opt?.flags).toBe(0x8000);
  });

  it('[docookie] [optlist] a cookie, NSID, EXPIRE and a subnet in one query are no obstacle', async () => {
    const options = [
      { code: 3, data: Buffer.alloc(0) },
      { code: 9, data: Buffer.alloc(0) },
      { code: 8, data: Buffer.from([0, 1, 0, 0]) },
      { code: 10, data: Buffer.alloc(8, 7) },
    ];
    const reply = await udp({ additional: [optRecord(options, { flags: 0x8000 })] });
    expect(reply).toMatchObject({ rcode: NOERROR, opt: { version: 0 } });
    expect(answers(reply)).toBe(1);
    const codes = reply.opt?.options.map(({ code }) => code);
    expect(codes).toContain(3);
    expect(codes).toContain(8);
    const cookie = reply.opt?.options.find(({ code }) => code === 10)?.data;
    if (cookie) expect(cookie.subarray(0, 8), 'the client`s cookie comes back').toEqual(Buffer.alloc(8, 7));
  });

  it('[edns@512] a large answer is truncated to 512 bytes, with EDNS', async () => {
    const packet = rawQuery({
      name: nameBytes('big.cdn.test'),
      type: TXT,
      additional: [optRecord([], { udpPayloadBytes: 512 })],
    });
    const reply = (await askUdp(server, packet)) as Buffer;
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(readMessage(reply)).toMatchObject({ rcode: NOERROR, tc: true, opt: { version: 0 } });
  });

  it('[edns@512tcp] over TCP it is whole, whatever the client says it takes over UDP', async () => {
    const reply = await tcp({
      name: nameBytes('big.cdn.test'),
      type: TXT,
      additional: [optRecord([], { udpPayloadBytes: 512 })],
    });
    expect(reply).toMatchObject({ rcode: NOERROR, tc: false, opt: { version: 0 } });
    expect(answers(reply, TXT)).toBe(1);
  });

  it.each([[0], [1], [100], [511]])('a payload size of %i means 512', async (udpPayloadBytes) => {
    const query = { name: nameBytes('medium.cdn.test'), type: TXT };
    const packet = rawQuery({ ...query, additional: [optRecord([], { udpPayloadBytes })] });
    const reply = (await askUdp(server, packet)) as Buffer;
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(readMessage(reply).tc).toBe(true);
  });

  it.each([[700], [1232], [65535]])(
    'a payload size of %i lets 640 bytes through',
    async (udpPayloadBytes) => {
      const query = { name: nameBytes('medium.cdn.test'), type: TXT };
      const reply = await udp({ ...query, additional: [optRecord([], { udpPayloadBytes })] });
      expect(reply.tc).toBe(false);
      expect(answers(reply, TXT)).toBe(1);
    },
  );

  it('[ednstcp] TCP answers as UDP does', async () => {
    const parts = { id: 9, additional: [optRecord([{ code: 3, data: Buffer.alloc(0) }])] };
    const [overTcp, overUdp] = [await tcp(parts), await udp(parts)];
    expect(overTcp.records).toEqual(overUdp.records);
    expect(overTcp.opt?.options).toEqual(overUdp.opt?.options);
  });

  it('FORMERR for two OPT records, for one whose owner is a name, for one that ends too soon', async () => {
    const whole = optRecord();
    for (const additional of [
      [whole, whole],
      [optRecord([], { owner: nameBytes('x') })],
      [optRecord(Buffer.from([0, 3, 0]))],
      [optRecord(Buffer.from([0, 3, 0, 5, 1]))],
      [whole.subarray(0, 9)],
    ]) {
      expect((await udp({ additional })).rcode).toBe(FORMERR);
    }
  });
});

describe('header', () => {
  it('[dnsflags] [zflag] [ad] [cd] unknown or irrelevant flags are not sent back', async () => {
    for (const flags of [0x40, 0x20, 0x10, 0x70, 0x480]) {
      const reply = await udp({ flags });
      expect(reply, flags.toString(16)).toMatchObject({
        rcode: NOERROR,
        reserved: 0,
        ra: false,
        tc: false,
        aa: true,
      });
      expect(answers(reply)).toBe(1);
    }
  });

  it('RD is sent back, and recursion is not offered', async () => {
    expect(await udp({ flags: 0x100 })).toMatchObject({ rd: true, ra: false });
    expect(await udp({ flags: 0 })).toMatchObject({ rd: false, ra: false });
  });

  it.each([1, 2, 3, 6, 7, 12, 15])('[opcode] opcode %i is NOTIMP', async (opcode) => {
    const reply = await udp({ flags: opcode << 11 });
    expect(reply).toMatchObject({ rcode: NOTIMP, opcode, records: [], aa: false });
  });

  it('[opcodeflg] an unknown opcode with all flags and only a header is NOTIMP', async () => {
    const header = Buffer.alloc(12);
    header.writeUInt16BE((15 << 11) | 0x7b0, 2);
    const reply = readMessage((await askUdp(server, header)) as Buffer);
    expect(reply).toMatchObject({ rcode: NOTIMP, opcode: 15, reserved: 0, questions: [] });
  });

  it('UPDATE and NOTIFY of a stranger change nothing and are refused', async () => {
    expect([NOTIMP, REFUSED]).toContain((await udp({ flags: 5 << 11 })).rcode);
    expect([NOTIMP, REFUSED]).toContain((await udp({ flags: 4 << 11 })).rcode);
  });

  it('a response is not answered, over UDP or TCP', async () => {
    const packet = rawQuery({ flags: 0x8000 });
    expect(await askUdp(server, packet, 300)).toBeUndefined();
    expect(await askTcp(server, packet, 300)).toBeUndefined();
  });

  it.each([
    ['no question', { counts: [0, 0, 0, 0] as [number, number, number, number] }],
    [
      'two questions',
      { counts: [2, 0, 0, 0] as [number, number, number, number], tail: rawQuery().subarray(12) },
    ],
    ['an answer', { counts: [1, 1, 0, 0] as [number, number, number, number] }],
    ['bytes after the end', { tail: Buffer.from([0]) }],
    ['a record that is not there', { counts: [1, 0, 0, 1] as [number, number, number, number] }],
    ['a question that points into the header', { name: Buffer.from([0xc0, 2]) }],
    ['a question that points at itself', { name: Buffer.from([0xc0, 12]) }],
    ['a name of 256 bytes', { name: nameBytes(`${'a'.repeat(63)}.`.repeat(4)) }],
    ['a label type of 1996 (RFC 2673)', { name: Buffer.from([0x41, 8, 1, 0]) }],
  ])('FORMERR for %s', async (_sentence, parts) => {
    expect(await udp(parts)).toMatchObject({ rcode: FORMERR, records: [] });
  });
});

describe('names, types and classes', () => {
  it('the question comes back in the client`s letter case (0x20)', async () => {
    const reply = await udp({ name: nameBytes('CdN.tEsT') });
    expect(reply.questions[0]?.nameText).toBe('CdN.tEsT.');
    expect(answers(reply)).toBe(1);
  });

  it('[type666] an unknown type is no data, with the SOA', async () => {
    const reply = await udp({ type: 666 });
    expect(reply).toMatchObject({ rcode: NOERROR, aa: true });
    expect(reply.records.map(({ section, type }) => [section, type])).toEqual([['authority', SOA]]);
  });

  it('names that are not ours are REFUSED, without a referral to the root', async () => {
    for (const name of ['example.com', 'test', '.', 'xcdn.test']) {
      expect(await udp({ name: nameBytes(name) })).toMatchObject({ rcode: REFUSED, aa: false, records: [] });
    }
  });

  it('NXDOMAIN below a name without records, no data at it (RFC 8020)', async () => {
    expect((await udp({ name: nameBytes('x.static.cdn.test') })).rcode).toBe(NXDOMAIN);
    expect((await udp({ name: nameBytes('b.ent.cdn.test') })).rcode).toBe(NOERROR);
    expect((await udp({ name: nameBytes('ent.cdn.test') })).rcode).toBe(NOERROR);
  });

  it('ANY gets one small record (RFC 8482)', async () => {
    const reply = await udp({ name: nameBytes('static.cdn.test'), type: 255 });
    expect(reply.rcode).toBe(NOERROR);
    expect(reply.records.filter(({ section }) => section === 'answer').length).toBe(1);
  });

  it.each([
    ['AXFR', 252],
    ['MAILB', 253],
    ['MAILA', 254],
    ['OPT as a question', 41],
    ['TSIG', 250],
    ['TKEY', 249],
    ['type 0', 0],
  ])('%s over UDP gets an error and no records', async (_sentence, type) => {
    const reply = await udp({ type });
    expect(reply.records.filter(({ section }) => section === 'answer')).toEqual([]);
    expect([FORMERR, NOTIMP, REFUSED]).toContain(reply.rcode);
  });

  it('CHAOS gives this server`s name, and not its version', async () => {
    const id = await udp({ name: nameBytes('id.server'), type: TXT, class: CHAOS });
    expect(id.records[0]?.rdata.subarray(1).toString()).toBe('pop-fra');
    for (const name of ['version.bind', 'version.server', 'authors.bind']) {
      expect(await udp({ name: nameBytes(name), type: TXT, class: CHAOS })).toMatchObject({
        rcode: REFUSED,
        records: [],
      });
    }
  });

  it.each([2, 4, 254, 255, 0, 65535])('class %i is refused', async (other) => {
    const reply = await udp({ class: other });
    expect([REFUSED, FORMERR, NOTIMP]).toContain(reply.rcode);
    expect(reply.records).toEqual([]);
  });

  it('NSID is this server`s, and only when asked for', async () => {
    const asked = await udp({ additional: [optRecord([{ code: 3, data: Buffer.alloc(0) }])] });
    expect(asked.opt?.options).toEqual([{ code: 3, data: Buffer.from('pop-fra') }]);
  });
});

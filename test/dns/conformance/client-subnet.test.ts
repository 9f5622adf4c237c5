// EDNS Client Subnet (RFC 7871) of the real process, over UDP and TCP: the table on which other servers were measured,
// and the one property that matters to a cache, that everybody inside the announced scope gets the same answer.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import {
  nameBytes,
  optRecord,
  type RawMessage,
  type RawOption,
  rawQuery,
  readMessage,
  subnetOption,
} from '../support/message.ts';
import { askTcp, askUdp, openUdp } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { ADDRESS_OF, worldConfig, worldFiles } from '../support/world.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig({ workers: 1 }), files: worldFiles() });
});
afterAll(() => server.stop());

const v4 = (text: string, source: number) => subnetOption(parseAddress(text) as Uint8Array, source);
const v6 = v4;

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  async function ask(name: string, options?: RawOption[], type = 1): Promise<RawMessage> {
    const additional = options ? [optRecord(options)] : [];
    const packet = rawQuery({ name: nameBytes(name), type, additional });
    const reply = await (transport === 'udp' ? askUdp(server, packet) : askTcp(server, packet));
    if (!reply) throw new Error('no reply');
    return readMessage(reply);
  }

  it.each([
    ['a network in Europe', v4('193.0.0.0', 24), ADDRESS_OF.fra, 1, 24],
    ['a network in Asia', v4('133.11.0.0', 16), ADDRESS_OF.sin, 1, 32],
    ['a network in America', v4('8.8.8.0', 24), ADDRESS_OF.iad, 1, 24],
    ['a single address', v4('193.0.0.77', 32), ADDRESS_OF.fra, 1, 32],
    ['IPv6 with the usual 56 bits', v6('2001:db8:4001:100::', 56), ADDRESS_OF.fra, 1, 56],
    ['IPv6 with 48 bits', v6('2001:db8:4002::', 48), ADDRESS_OF.sin, 1, 128],
    ['IPv6 with all bits', v6('2001:db8:4001::77', 128), ADDRESS_OF.fra, 1, 128],
    ['17 bits, so the third byte is partly used', v4('193.0.0.0', 17), undefined, 1, 32],
    ['a single bit', v4('128.0.0.0', 1), undefined, 1, 32],
  ])('%s gets its POP and a scope that is not 0', async (_sentence, option, address, least, most) => {
    const reply = await ask('www.cdn.test', [option]);
    const data = subnetOf(reply);
    expect(reply).toMatchObject({ rcode: 0, aa: true });
    if (address) expect(addresses(reply)).toEqual([address]);
    expect(data?.subarray(0, 3), 'family and source are repeated').toEqual(option.data.subarray(0, 3));
    expect(data?.subarray(4), 'and so is the address').toEqual(option.data.subarray(4));
    expect(data?.[3]).toBeGreaterThanOrEqual(least);
    expect(data?.[3]).toBeLessThanOrEqual(most);
  });

  it('a client without a location gets an answer with a scope that is not 0, or it would be everybody`s', async () => {
    const data = subnetOf(await ask('www.cdn.test', [v4('1.1.1.0', 24)]));
    expect(data?.[3]).toBeGreaterThanOrEqual(1);
    expect(data?.[3]).toBeLessThanOrEqual(24);
    expect(subnetOf(await ask('www.cdn.test', [v6('2001:db8:ffff::', 56)]))?.[3]).toBeGreaterThanOrEqual(1);
  });

  it.each([
    ['source 0 of IPv4', 'www.cdn.test', v4('0.0.0.0', 0), 1],
    ['source 0 of IPv6', 'www.cdn.test', { code: 8, data: Buffer.from([0, 2, 0, 0]) }, 1],
    ['a name without steering', 'static.cdn.test', v4('193.0.0.0', 24), 1],
    ['the apex', 'cdn.test', v4('193.0.0.0', 24), 2],
    ['no such name', 'nope.cdn.test', v4('193.0.0.0', 24), 1],
    ['no data of that type', 'static.cdn.test', v4('193.0.0.0', 24), 29],
    ['no data of that type at a steered name', 'www.cdn.test', v4('193.0.0.0', 24), 16],
    ['an empty non-terminal', 'ent.cdn.test', v4('193.0.0.0', 24), 1],
    ['an anycast address, which all share', 'anycast.cdn.test', v4('193.0.0.0', 24), 1],
    ['a POP that all share', 'sin.cdn.test', v4('193.0.0.0', 24), 1],
  ])('scope 0 for %s', async (_sentence, name, option, type) => {
    const data = subnetOf(await ask(name, [option], type));
    expect(data?.[3]).toBe(0);
    expect(data?.[2]).toBe(option.data[2]);
  });

  it('an alias to a steered name has that name`s scope', async () => {
    const reply = await ask('alias2.cdn.test', [v4('133.11.0.0', 24)]);
    expect(addresses(reply)).toEqual([ADDRESS_OF.sin]);
    expect(subnetOf(reply)?.[3]).toBeGreaterThanOrEqual(1);
  });

  it('no option in, none out', async () => {
    expect((await ask('www.cdn.test', [])).opt?.options).toEqual([]);
    expect((await ask('www.cdn.test')).opt).toBeUndefined();
  });

  it.each<[string, RawOption]>([
    ['scope in a query', subnetOption([193, 0, 0], 24, { scope: 24 })],
    ['address too long', subnetOption([193, 0, 0, 0], 24, { bytes: 4 })],
    ['address too short', subnetOption([193, 0, 0], 24, { bytes: 2 })],
    ['no address at all', subnetOption([], 24, { bytes: 0 })],
    ['bits beyond the source length', subnetOption([193, 0, 1], 20)],
    ['one bit beyond the source length', subnetOption([193, 0, 1], 23)],
    ['source length 33', subnetOption([193, 0, 0, 0], 33, { bytes: 5 })],
    ['source length 255', subnetOption([193, 0, 0, 0], 255, { bytes: 32 })],
    ['family 3', subnetOption([193, 0, 0], 24, { family: 3 })],
    ['family 65535', subnetOption([193, 0, 0], 24, { family: 65535 })],
    ['family 0 with an address', subnetOption([193, 0, 0], 24, { family: 0 })],
    [
      'IPv6 address too short for its 56 bits',
      { code: 8, data: Buffer.from([0, 2, 56, 0, 0x20, 1, 13, 0xb8, 64, 1]) },
    ],
    [
      'IPv6 bits beyond the source length',
      { code: 8, data: Buffer.from([0, 2, 52, 0, 0x20, 1, 13, 0xb8, 64, 1, 1]) },
    ],
    [
      'IPv6 source length 129',
      { code: 8, data: Buffer.concat([Buffer.from([0, 2, 129, 0]), Buffer.alloc(17)]) },
    ],
    ['nothing', { code: 8, data: Buffer.alloc(0) }],
    ['one byte', { code: 8, data: Buffer.from([0]) }],
    ['three bytes', { code: 8, data: Buffer.from([0, 1, 24]) }],
  ])('FORMERR for %s', async (_sentence, option) => {
    const reply = await ask('www.cdn.test', [option]);
    expect(reply).toMatchObject({ rcode: 1, records: [] });
    expect(reply.opt, 'EDNS is answered with EDNS').toBeDefined();
  });

  it('FORMERR for two of them, even if they are the same', async () => {
    const option = v4('193.0.0.0', 24);
    expect((await ask('www.cdn.test', [option, option])).rcode).toBe(1);
  });

  it('IPv6 answers to IPv4 networks and the other way round', async () => {
    expect(addresses(await ask('www.cdn.test', [v4('133.11.0.0', 24)], 28))).toEqual(['2001:db8:b002::2']);
    expect(addresses(await ask('www.cdn.test', [v6('2001:db8:4002::', 56)]))).toEqual([ADDRESS_OF.sin]);
  });
});

it('everybody inside an announced scope gets the same answer and the same scope', async () => {
  const random = seededRandom(7);
  const client = await openUdp(server);
  const bases = [
    '193.0.0.0',
    '133.11.5.0',
    '8.8.8.0',
    '1.1.1.0',
    '193.0.32.0',
    '192.255.255.0',
    '133.10.255.0',
    '2001:db8:4001:100::',
    '2001:db8:4003::',
    '2a00::',
  ];
  const conflicts: string[] = [];
  for (const text of bases) {
    const base = parseAddress(text) as Uint8Array;
    const source = base.length === 4 ? 24 : 56;
    const first = await answer(base, source);
    for (let i = 0; i < 40; i++) {
      const inside = Uint8Array.from(base, (byte, at) => {
        const fixed = Math.min(8, Math.max(0, first.scope - 8 * at));
        const free = Math.min(8, Math.max(0, source - 8 * at)) - fixed;
        const noise = free > 0 ? Math.floor(random() * 2 ** free) << (8 - fixed - free) : 0;
        return (byte & (0xff00 >> fixed)) | noise;
      });
      const other = await answer(inside, source);
      if (other.address !== first.address || other.scope !== first.scope) {
        conflicts.push(
          `${text}/${first.scope} ${first.address}, ${formatAddress(inside)}/${other.scope} ${other.address}`,
        );
      }
    }
  }
  client.close();
  expect(conflicts).toEqual([]);

  async function answer(address: Uint8Array, source: number) {
    const option = subnetOption(address, source);
    const reply = await client.ask(rawQuery({ additional: [optRecord([option])] }));
    if (!reply) throw new Error('no reply');
    const message = readMessage(reply);
    return { address: addresses(message)[0], scope: subnetOf(message)?.[3] ?? -1 };
  }
});

function subnetOf(message: RawMessage): Buffer | undefined {
  return message.opt?.options.find(({ code }) => code === 8)?.data;
}

function addresses(message: RawMessage): string[] {
  return message.records
    .filter(({ section, type }) => section === 'answer' && (type === 1 || type === 28))
    .map(({ rdata }) => formatAddress(rdata));
}

// The real relay process on an underlay of loopback addresses: what it passes on, and what it does not fall for.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RelayProcess, startRelay } from '../../../src/shaping/relay/io/relay-process.ts';
import type { RelayLink } from '../../../src/shaping/relay/protocol.ts';
import {
  freePort,
  type LoopbackNode,
  loopbackNode,
  NODE_A,
  NODE_B,
  RELAY,
  STRANGER,
  vniAndText,
  vxlan,
} from './loopback-underlay.ts';

const link: RelayLink = {
  name: 'a--b',
  a: { vni: 1, address: NODE_A },
  b: { vni: 2, address: NODE_B },
  aToB: { delayMs: 20 },
  bToA: { delayMs: 0 },
};

let relay: RelayProcess;
let a: LoopbackNode;
let b: LoopbackNode;
let stranger: LoopbackNode;
let port: number;

beforeAll(async () => {
  port = await freePort();
  [a, b, stranger] = await Promise.all([
    loopbackNode(NODE_A, port),
    loopbackNode(NODE_B, port),
    loopbackNode(STRANGER, port),
  ]);
  relay = startRelay({ underlay: { address: RELAY, port }, onTrouble: (message) => console.error(message) });
  await relay.configure([link]);
});
afterAll(async () => {
  await relay.stop();
  for (const node of [a, b, stranger]) node.close();
});

describe('the relay on an underlay', () => {
  it('passes a frame to the other end’s node with the other end’s VNI, after the delay', async () => {
    const start = performance.now();
    await a.send(vxlan(1, 'there'));
    expect(vniAndText(await b.next())).toEqual([2, 'there']);
    expect(performance.now() - start).toBeGreaterThanOrEqual(19.8);
    await b.send(vxlan(2, 'and back'));
    expect(vniAndText(await a.next())).toEqual([1, 'and back']);
  });

  it('passes on where a checksum is to be finished', async () => {
    const datagram = vxlan(2, 'unfinished', '08200000');
    datagram[7] = 0x91;
    await b.send(datagram);
    const arrived = await a.next();
    expect(arrived.subarray(0, 8).toString('hex')).toBe('0820000000000191');
  });

  it('passes frames of every length that a link has', async () => {
    for (const length of [0, 1, 46, 1500, 1504]) {
      const text = 'x'.repeat(length);
      await b.send(vxlan(2, text));
      expect(vniAndText(await a.next())).toEqual([1, text]);
    }
  });

  it.each([
    ['an empty datagram', () => a.send(Buffer.alloc(0))],
    ['half a header', () => a.send(Buffer.from('08000000', 'hex'))],
    ['a header without a frame', () => a.send(vxlan(1, '').subarray(0, 21))],
    ['a VNI that is not known', () => a.send(vxlan(3, 'lost'))],
    ['the largest VNI there is', () => a.send(vxlan(0xff_ffff, 'lost'))],
    ['VNI 0', () => a.send(vxlan(0, 'lost'))],
    ['flags that it does not know', () => a.send(vxlan(1, 'lost', '88000000'))],
    ['another node’s VNI', () => a.send(vxlan(2, 'spoofed'))],
    ['a VNI from a stranger', () => stranger.send(vxlan(1, 'spoofed'))],
    ['more than a frame', () => a.send(vxlan(1, 'x'.repeat(9000)))],
  ])('drops and counts %s', async (_what, send) => {
    const before = (await relay.stats()).foreign;
    await send();
    await roundTrip();
    expect((await relay.stats()).foreign).toBe(before + 1);
  });

  it('drops and counts whatever bytes come, and goes on', async () => {
    const before = (await relay.stats()).foreign;
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ minLength: 8, maxLength: 2100 }).map((bytes) => Uint8Array.of(8, 0, 0, 0, ...bytes)),
    );
    const datagrams = fc.sample(noise, { numRuns: 500, seed: 1 });
    // VNI 1 of node A would be a frame.
    const foreign = datagrams.filter((bytes) => !(bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 1));
    for (const datagram of foreign) await a.send(datagram);
    await roundTrip();
    const { foreign: counted, kernelDrops } = await relay.stats();
    expect(counted + kernelDrops).toBe(before + foreign.length);
  });

  it('refuses a VNI that another link has', async () => {
    const second = { ...link, name: 'a--c', b: { vni: 9, address: STRANGER } };
    await expect(relay.configure([second])).rejects.toThrow('link a--c has an end that another has');
  });

  it('refuses interfaces, and says how to start it for them', async () => {
    const second = { ...link, name: 'veth', a: { interface: '0a' }, b: { interface: '0b' } };
    await expect(relay.configure([second])).rejects.toThrow('without --underlay');
  });

  it('says when the machine does not have its address', async () => {
    const troubles: string[] = [];
    const options = {
      underlay: { address: '192.0.2.1', port },
      onTrouble: (text: string) => troubles.push(text),
    };
    await startRelay(options).ended;
    expect(troubles[0]).toMatch(/cannot listen on 192.0.2.1 port \d+/);
  });
});

/** Frames arrive in order, so that everything sent before has been looked at when this is back. */
async function roundTrip(): Promise<void> {
  await a.send(vxlan(1, 'after'));
  expect(vniAndText(await b.next())).toEqual([2, 'after']);
}

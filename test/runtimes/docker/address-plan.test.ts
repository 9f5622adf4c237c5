// Docker's own addresses: one block a lab, which overlaps nothing in use and has room for the largest topology.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { parsePrefix, prefixContains, prefixesOverlap } from '../../../src/net/prefix.ts';
import { addressPlan, chooseBlock, DEFAULT_POOL } from '../../../src/runtimes/docker/address-plan.ts';
import { hostRoutes } from '../../../src/runtimes/docker/docker-runtime.ts';
import { planOf } from './fixed-lab.ts';

const prefix = (text: string) => parsePrefix(text) ?? expect.fail(`${text} is no prefix`);
const bytes = (text: string) => parseAddress(text) ?? expect.fail(`${text} is no address`);

describe('the block of a lab', () => {
  it.each([
    ['the first of the pool', [], '10.213.0.0/19'],
    ['the next when another lab has that', ['10.213.0.0/19'], '10.213.32.0/19'],
    ['beside a link network of another lab', ['10.213.0.8/29'], '10.213.32.0/19'],
    ['beside a host route that lies in it', ['10.213.40.7/32'], '10.213.0.0/19'],
    ['in a hole', ['10.213.0.0/19', '10.213.64.0/18'], '10.213.32.0/19'],
    ['whatever IPv6 and nonsense are in use', ['2001:db8::/32', 'nonsense'], '10.213.0.0/19'],
  ])('is %s', (_which, inUse, block) => {
    expect(chooseBlock(DEFAULT_POOL, inUse)).toBe(block);
  });

  it('overlaps nothing in use', () => {
    const used = fc.array(
      fc.tuple(fc.nat(255), fc.integer({ min: 16, max: 32 })).map(([third, length]) => {
        const keep = Math.max(0, length - 16);
        const mask = keep >= 8 ? 255 : 256 - 2 ** (8 - keep);
        return `10.213.${third & mask}.0/${length}`;
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(used, (inUse) => {
        let block: string;
        try {
          block = chooseBlock(DEFAULT_POOL, inUse);
        } catch (error) {
          expect(String(error)).toContain('no free /19 is left');
          return;
        }
        for (const other of inUse) expect(prefixesOverlap(prefix(block), prefix(other))).toBe(false);
      }),
    );
  });

  it('has an error that names the pool, what is in use and another pool', () => {
    expect(() => chooseBlock(DEFAULT_POOL, ['10.0.0.0/8', '10.0.0.0/8'])).toThrow(
      /no free \/19 is left in the address pool 10\.213\.0\.0\/16: in use are 10\.0\.0\.0\/8\n.*CATCHMENT_DOCKER_POOL=/s,
    );
  });

  it.each(['10.213.0.0/20', '10.213.0.1/16', 'fd00::/48', '10.213.0.0', 'x', ''])(
    'refuses the pool "%s"',
    (pool) => {
      expect(() => chooseBlock(pool, [])).toThrow('cannot be an address pool');
    },
  );
});

describe('the addresses of a lab', () => {
  it.each(['tiny', 'world', 'hundred'])(
    'of topology %s are all different and all in its block',
    (topology) => {
      const plan = planOf(topology);
      const block = '10.213.32.0/19';
      const addresses = addressPlan(block);
      const underlay = [addresses.relay, ...plan.nodes.map((_, index) => addresses.nodeAddress(index))];
      expect(new Set(underlay).size).toBe(underlay.length);
      const links = plan.links.map((_, index) => addresses.link(index));
      const ends = links.flatMap(({ a, b }) => [a, b]);
      expect(new Set(ends).size).toBe(ends.length);
      for (const each of [...underlay, ...ends])
        expect(prefixContains(prefix(block), bytes(each))).toBe(true);
    },
  );

  it('lie in the subnet of their own link, and no two subnets overlap, wherever the block is', () => {
    const index = fc.nat(1023);
    const block = fc.nat(7).map((at) => `10.99.${at * 32}.0/19`);
    fc.assert(
      fc.property(block, index, index, (text, one, other) => {
        const { subnet, a, b } = addressPlan(text).link(one);
        expect(prefixContains(prefix(text), bytes(subnet.split('/')[0] ?? ''))).toBe(true);
        const [first, ...rest] = [subnet.split('/')[0], a, b];
        expect(new Set([first, ...rest]).size).toBe(3);
        for (const end of rest) expect(prefixContains(prefix(subnet), bytes(end ?? ''))).toBe(true);
        const otherSubnet = addressPlan(text).link(other).subnet;
        expect(prefixesOverlap(prefix(subnet), prefix(otherSubnet))).toBe(one === other);
      }),
    );
  });

  it('end with the block: beyond it are those of another lab', () => {
    const addresses = addressPlan('10.213.0.0/19');
    expect(addresses.link(1023).subnet).toBe('10.213.31.248/29');
    expect(() => addresses.link(1024)).toThrow('room for 1024 links');
    expect(addresses.nodeAddress(8187)).toBe('10.213.31.254');
    expect(() => addresses.nodeAddress(8188)).toThrow('--shaping relay');
  });
});

it('the routes of the machine are those of /proc/net/route but the default', () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
br-db84d075944e\t0050A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0
tun0\t0700D50A\t00000000\t0005\t0\t0\t50\tFFFFFFFF\t0\t0\t0
`;
  expect(hostRoutes(table)).toEqual(['172.17.0.0/16', '192.168.80.0/20', '10.213.0.7/32']);
  expect(hostRoutes('')).toEqual([]);
  expect(hostRoutes('Iface\tDestination\n\n')).toEqual([]);
});

// The addresses that Docker wants to give out itself. None of them is the lab's: they carry the underlay, or only tell
// which interface is which, so all that matters is that they overlap nothing on this machine. A lab takes one block of a
// pool: the underlay has the whole of it, link networks are cut out of it by eight. Pure.

import { UserError } from '../../base/errors.ts';
import { addressAt, formatAddress } from '../../net/ip-address.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixesOverlap } from '../../net/prefix.ts';

/** RFC 1918; far from Docker's own default pools (172.17.0.0/16 on, 192.168.0.0/16) and from what homes and offices use. */
export const DEFAULT_POOL = '10.213.0.0/16';
export const POOL_VARIABLE = 'CATCHMENT_DOCKER_POOL';
/** 8192 addresses: 8188 nodes on an underlay, or 1024 link networks (topology `hundred` has 707). */
const BLOCK_LENGTH = 19;
/** A gateway that Docker insists on, two ends, and the network's own and broadcast address. */
const LINK_LENGTH = 29;
/** On the underlay: the first is the gateway's. */
const RELAY_AT = 2;
const NODES_FROM = 3;

export interface AddressPlan {
  /** `10.213.32.0/19`. */
  underlay: string;
  relay: string;
  /** Of a node on the underlay, by its place in the plan. Throws a UserError beyond the block, as `link` does. */
  nodeAddress(index: number): string;
  /** Of a link's own network, by its place in the plan. */
  link(index: number): { subnet: string; a: string; b: string };
}

/**
 * The first block of the pool that overlaps nothing in use.
 * @param inUse prefixes of the machine's routes and of Docker's networks
 * @throws UserError when the pool is no IPv4 prefix of at most /19 or has no free block
 */
export function chooseBlock(pool: string, inUse: readonly string[]): string {
  const whole = parsePool(pool);
  const used = inUse.flatMap((text) => parsePrefix(text) ?? []);
  const first = formatAddress(whole.bytes);
  for (let at = 0; at < addresses(whole.length); at += addresses(BLOCK_LENGTH)) {
    const block = `${addressAt(first, at)}/${BLOCK_LENGTH}`;
    if (!used.some((prefix) => prefixesOverlap(prefix, parsePool(block)))) return block;
  }
  const clashes = used.filter((prefix) => prefixesOverlap(prefix, whole)).map(formatPrefix);
  throw new UserError({
    message: `no free /${BLOCK_LENGTH} is left in the address pool ${pool}: in use are ${[...new Set(clashes)].join(', ')}`,
    hint: `${POOL_VARIABLE}=10.99.0.0/16 ./lab up --runtime docker (any private prefix this machine does not use)`,
  });
}

export function addressPlan(block: string): AddressPlan {
  const start = formatAddress(parsePool(block).bytes);
  const at = (offset: number) => addressAt(start, offset);
  // The last address of the block is its broadcast address.
  const nodesMax = addresses(BLOCK_LENGTH) - NODES_FROM - 1;
  const linksMax = addresses(BLOCK_LENGTH) / addresses(LINK_LENGTH);
  return {
    underlay: block,
    relay: at(RELAY_AT),
    nodeAddress: (index) => {
      if (index >= nodesMax) throw tooLarge(`${nodesMax} nodes`);
      return at(NODES_FROM + index);
    },
    link: (index) => {
      if (index >= linksMax) throw tooLarge(`${linksMax} links with a Docker network each`);
      const base = index * addresses(LINK_LENGTH);
      return { subnet: `${at(base)}/${LINK_LENGTH}`, a: at(base + 2), b: at(base + 3) };
    },
  };
}

/** Else its addresses would be another lab's. */
function tooLarge(most: string): UserError {
  return new UserError({
    message: `the topology is too large for Docker: a lab has room for ${most}`,
    hint: '--shaping relay needs one Docker network only; --runtime netns needs none',
  });
}

function parsePool(text: string): Prefix {
  const pool = parsePrefix(text);
  if (pool && pool.bytes.length === 4 && pool.length <= BLOCK_LENGTH) return pool;
  throw new UserError({
    message: `${text} cannot be an address pool`,
    expected: `an IPv4 prefix of length ${BLOCK_LENGTH} or shorter`,
    hint: `${POOL_VARIABLE}=${DEFAULT_POOL}`,
  });
}

/** How many addresses an IPv4 prefix of that length has. */
function addresses(length: number): number {
  return 2 ** (32 - length);
}

// All prefixes of a rule with the choice of each: what the tables that the rule reads divide the address space into.

import type { Family } from '../../net/ip-address.ts';
import { PrefixCursor, tableTrie } from './prefix-cursor.ts';
import type { Choice, Steering } from './steering.ts';
import { tablesOf } from './world.ts';

export interface WalkedPrefix {
  /** Network address, host bits zero: 4 or 16 bytes. The same array each time; copy it to keep it. */
  bytes: Uint8Array;
  length: number;
  /** Of the prefix's first network, where a hash had a part. */
  choice: Choice;
  /** Scope that clients of the prefix are told. */
  scopePrefixLength: number;
  /** Networks (/24, /56) inside the prefix may have other choices. */
  byHash: boolean;
}

/**
 * Prefixes of one family of clients in address order, for answers of `family`. IPv4 addresses inside IPv6 (2002::/16 and the
 * like) are left out: they have the choices that the walk of IPv4 gives.
 */
export function* walkPrefixes(
  steering: Steering,
  ruleIndex: number,
  family: Family,
  clients: Family,
): Generator<WalkedPrefix> {
  const cursor = ruleCursor(steering, ruleIndex, clients, { skipAliases: true });
  while (cursor.next()) {
    if (cursor.isAlias) continue;
    const choice = steering.choose(ruleIndex, family, cursor.bytes);
    const { scopePrefixLength, byHash } = steering;
    yield { bytes: cursor.bytes, length: cursor.length, choice, scopePrefixLength, byHash };
  }
}

/** Over all tables that decide for a rule. */
export function ruleCursor(
  steering: Steering,
  ruleIndex: number,
  clients: Family,
  options: { skipAliases: boolean },
): PrefixCursor {
  const tries = [...tablesOf(steering.compiled, ruleIndex)].flatMap((index) => {
    const table = steering.tableOf(index);
    return table ? [tableTrie(table, clients)] : [];
  });
  return new PrefixCursor(tries, clients, options);
}

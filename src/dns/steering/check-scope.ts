// Proves that no answer of a rule can poison a resolver's cache: whoever is inside an announced scope gets the same answer
// (RFC 7871 section 7.2.1). A walk of the compiled tables covers every address; random probes ask the engine itself, hashes
// included, so that a mistake of the walk would show as well.

import type { Random } from '../../base/random.ts';
import type { Family } from '../../net/ip-address.ts';
import { maskBytes } from '../../net/prefix.ts';
import type { Choice, Steering } from './steering.ts';
import { ruleCursor } from './walk-prefixes.ts';

export interface ScopeAnswer {
  /** 4 or 16 bytes. */
  address: Uint8Array;
  scopePrefixLength: number;
  choice: Choice;
}

/** `other` is inside the scope that `one` was told, and was answered otherwise. */
export interface ScopeConflict {
  one: ScopeAnswer;
  other: ScopeAnswer;
}

export interface ScopeCheck {
  /** Prefixes walked, of both families of clients. */
  prefixes: number;
  probes: number;
  /** Empty: proved for this snapshot and these RTTs. At most `maxConflicts`. */
  conflicts: ScopeConflict[];
}

export function checkScope(
  steering: Steering,
  ruleIndex: number,
  family: Family,
  options: { random: Random; probes?: number; maxConflicts?: number },
): ScopeCheck {
  const { random, probes = 1000, maxConflicts = 10 } = options;
  const conflicts: ScopeConflict[] = [];
  let prefixes = 0;
  for (const clients of [4, 6] as const) {
    const report = (conflict: ScopeConflict): boolean => conflicts.push(conflict) < maxConflicts;
    prefixes += walk(steering, ruleIndex, family, clients, report);
    for (let i = 0; i < probes && conflicts.length < maxConflicts; i++) {
      const conflict = probe(steering, ruleIndex, family, clients, random);
      if (conflict) conflicts.push(conflict);
    }
  }
  return { prefixes, probes: 2 * probes, conflicts: conflicts.slice(0, maxConflicts) };
}

/** What a resolver keeps: addresses and how long. The reason may differ. */
export function sameAnswer(a: Choice, b: Choice): boolean {
  return (
    a === b ||
    (a.ttlSeconds === b.ttlSeconds &&
      a.addresses.length === b.addresses.length &&
      a.addresses.every((address, i) => Buffer.compare(address, b.addresses[i] as Uint8Array) === 0))
  );
}

/**
 * In address order, neighbours with equal answers form runs. A scope is right when its block lies inside the run of the prefix
 * that announced it: it must not begin before the run, nor may the run end inside it.
 */
function walk(
  steering: Steering,
  ruleIndex: number,
  family: Family,
  clients: Family,
  report: (conflict: ScopeConflict) => boolean,
): number {
  // Aliases too: a table may be uniform where another leads to IPv4, and a scope may reach over both.
  const cursor = ruleCursor(steering, ruleIndex, clients, { skipAliases: false });
  const networkLength = clients === 4 ? 24 : 56;
  let prefixes = 0;
  /** The first prefix of the run, and the one of its prefixes with the widest scope. */
  let run: { first: ScopeAnswer; widest: ScopeAnswer } | undefined;
  /** The last prefix before the run. */
  let before: ScopeAnswer | undefined;
  let last: ScopeAnswer | undefined;
  while (cursor.next()) {
    prefixes++;
    const choice = steering.choose(ruleIndex, family, cursor.bytes);
    const { scopePrefixLength, byHash } = steering;
    const here: ScopeAnswer = { address: Uint8Array.from(cursor.bytes), scopePrefixLength, choice };
    // Answers within such a prefix differ among themselves; no run goes through it.
    const mixed = byHash && cursor.length < networkLength;
    const breaks = !run || mixed || !sameAnswer(run.first.choice, choice);
    if (breaks) {
      if (run && contains(run.widest, here.address) && !report({ one: run.widest, other: here }))
        return prefixes;
      before = last;
      run = { first: here, widest: here };
    } else if (run && scopePrefixLength < run.widest.scopePrefixLength) run.widest = here;
    last = here;
    if (mixed) {
      if (scopePrefixLength < networkLength && !report({ one: here, other: here })) return prefixes;
      // The next prefix begins a run of its own.
      run = undefined;
      continue;
    }
    const start = maskBytes(here.address, scopePrefixLength);
    if (before && run && Buffer.compare(start, run.first.address) < 0 && contains(here, before.address)) {
      if (!report({ one: here, other: before })) return prefixes;
    }
  }
  return prefixes;
}

function contains(answer: ScopeAnswer, address: Uint8Array): boolean {
  const length = answer.scopePrefixLength;
  return Buffer.compare(maskBytes(answer.address, length), maskBytes(address, length)) === 0;
}

function probe(
  steering: Steering,
  ruleIndex: number,
  family: Family,
  clients: Family,
  random: Random,
): ScopeConflict | undefined {
  const size = clients === 4 ? 4 : 16;
  const ask = (address: Uint8Array): ScopeAnswer => {
    const choice = steering.choose(ruleIndex, family, address);
    return { address, scopePrefixLength: steering.scopePrefixLength, choice };
  };
  const anyBytes = () => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  const one = ask(anyBytes());
  const fixed = maskBytes(new Uint8Array(size).fill(255), one.scopePrefixLength);
  const other = ask(
    anyBytes().map(
      (byte, i) => (byte & ~(fixed[i] as number)) | ((one.address[i] as number) & (fixed[i] as number)),
    ),
  );
  return sameAnswer(one.choice, other.choice) ? undefined : { one, other };
}

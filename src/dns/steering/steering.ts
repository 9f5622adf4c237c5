// Steering at work: from a rule and a client's address to the choice, in a few hundred nanoseconds. What a policy does is
// memoized as a tree of the facts it read: each inner node is a table to look the client up in, or a hash to take of its
// network, each leaf a choice. A path that nobody took before is found by running the policy with the facts read so far.
// The facts on the path are all that the choice depends on, so their depths give the ECS scope (RFC 7871 section 7.2.1).

import type { Family } from '../../net/ip-address.ts';
import { type CompiledSteering, emptyRttOverlay } from './compile.ts';
import { type Decision, decide } from './decide.ts';
import { hashedLength, inShare, networkHash, pickBySeed } from './network-hash.ts';
import type { RuleNode } from './plan.ts';
import { PrefixLookup, type PrefixTable } from './prefix-table.ts';
import { popsOf, type RankWorld, type Read, RTT_TABLE } from './ranking.ts';
import type { RttOverlay } from './rtt-overlay.ts';
import { EMPTY_SNAPSHOT, type PopState, type SteeringSnapshot } from './snapshot.ts';
import { makeWorld, reachableFamilies } from './world.ts';

/** The same object for the same decision within a snapshot, so that others can memoize on it. */
export interface Choice {
  /** The rule's policy, as the configuration calls it. */
  policy: string;
  /** Best first. Empty for anycast, where BGP picks the POP, and for an anycast region. */
  pops: readonly string[];
  /** Of the family asked for; empty: there is nothing to answer with. */
  addresses: readonly Uint8Array[];
  ttlSeconds: number;
  /** One of a few words for metrics and tests, such as `nearest-healthy`. */
  reason: string;
  /** The reason in a sentence. */
  detail: string;
}

export class Steering {
  readonly compiled: CompiledSteering;
  /** Bits of the client's address that the last choice holds for; 0: it is the same for everybody. */
  scopePrefixLength = 0;
  /** Whether a hash of the client's network had a part in the last choice. */
  byHash = false;
  /** Changes whenever choices made before may no longer be made. */
  serial = 0;
  #lookups: PrefixLookup[];
  #rtts: RttOverlay = emptyRttOverlay();
  #snapshot: SteeringSnapshot = EMPTY_SNAPSHOT;
  /** By family: what policies see. */
  #worlds: { 4: RankWorld; 6: RankWorld };
  /** By rule and family. */
  #roots: (DecisionNode | undefined)[] = [];
  #choices = new Map<string, Choice>();

  constructor(compiled: CompiledSteering) {
    this.compiled = compiled;
    this.#lookups = compiled.compiled.map(({ table }) => new PrefixLookup(table));
    this.#worlds = this.#makeWorlds();
  }

  get snapshot(): SteeringSnapshot {
    return this.#snapshot;
  }

  get rtts(): RttOverlay {
    return this.#rtts;
  }

  /** Everything decided so far is forgotten, unless the snapshot says the same as the one before. */
  setSnapshot(snapshot: SteeringSnapshot): void {
    const same = sameStates(this.#snapshot.pops, snapshot.pops);
    this.#snapshot = snapshot;
    if (same) return;
    this.#worlds = this.#makeWorlds();
    this.#roots = [];
    this.#choices = new Map();
    this.serial++;
  }

  setRtts(overlay: RttOverlay): void {
    this.#rtts = overlay;
    this.#lookups[RTT_TABLE] = new PrefixLookup(overlay.table);
    this.#roots = [];
  }

  /** The choice for a client's address (4 or 16 bytes), and `scopePrefixLength`, in bits of that address. */
  choose(ruleIndex: number, family: Family, address: Uint8Array): Choice {
    let node = this.#roots[2 * ruleIndex + (family === 6 ? 1 : 0)] ?? this.#root(ruleIndex, family);
    let scope = node.leastScope;
    let hash = 0;
    let hashed = false;
    while (node.choice === undefined) {
      let result: number;
      if (node.lookup !== undefined) {
        result = node.lookup.classOf(address);
        if (node.lookup.depth > scope) scope = node.lookup.depth;
      } else {
        if (!hashed) {
          hash = networkHash(address);
          hashed = true;
          const length = hashedLength(address);
          if (length > scope) scope = length;
        }
        result =
          node.fraction >= 0
            ? Number(inShare(hash, node.seeds[0] as number, node.fraction))
            : pickBySeed(hash, node.seeds, node.weights);
      }
      node = node.children[result] ?? this.#expand(node, result);
    }
    this.scopePrefixLength = scope;
    this.byHash = hashed;
    return node.choice;
  }

  /** Families that a rule could ever answer, whatever the client and the health. */
  families(ruleIndex: number): { ipv4: boolean; ipv6: boolean } {
    return reachableFamilies(this.compiled, ruleIndex);
  }

  /** A table of the plan, as it is now. */
  tableOf(index: number): PrefixTable | undefined {
    return this.#lookups[index]?.table;
  }

  #makeWorlds(): { 4: RankWorld; 6: RankWorld } {
    return {
      4: makeWorld(this.compiled, this.#snapshot, 4),
      6: makeWorld(this.compiled, this.#snapshot, 6),
    };
  }

  #root(ruleIndex: number, family: Family): DecisionNode {
    const rule = this.compiled.rules[ruleIndex];
    if (!rule) throw new RangeError(`no rule ${ruleIndex}`);
    const root = this.#nodeAfter({ rule, family, facts: [] });
    this.#roots[2 * ruleIndex + (family === 6 ? 1 : 0)] = root;
    return root;
  }

  #expand(node: DecisionNode, result: number): DecisionNode {
    const read = node.read as Read;
    const fact: unknown =
      read.op === 'aspect'
        ? (read.table === RTT_TABLE ? this.#rtts : this.compiled.compiled[read.table])?.aspects[result]
        : read.op === 'share'
          ? result === 1
          : result;
    const next = this.#nodeAfter({ ...node.path, facts: [...node.path.facts, fact] });
    node.children[result] = next;
    return next;
  }

  /** Runs the policy with the facts read so far, up to the next one that it wants, or to its decision. */
  #nodeAfter(path: Path): DecisionNode {
    const deciding = decide(path.rule, this.#worlds[path.family]);
    let next = deciding.next();
    for (const fact of path.facts) {
      if (next.done) break;
      next = deciding.next(fact);
    }
    // A name that gives clients different answers never says "for everybody", whatever it read this time.
    const leastScope = path.rule.dependsOnClient ? 1 : 0;
    const node = new DecisionNode(path, leastScope);
    if (next.done) node.choice = this.#intern(path, next.value);
    else {
      const read = next.value;
      node.read = read;
      if (read.op === 'aspect') node.lookup = this.#lookups[read.table];
      else if (read.op === 'share') {
        node.seeds = [read.seed];
        node.fraction = read.fraction;
      } else {
        node.seeds = read.seeds;
        node.weights = read.weights;
      }
    }
    return node;
  }

  #intern({ rule, family }: Path, decision: Decision): Choice {
    const { reason, detail, ttlSeconds } = decision;
    const key = JSON.stringify([family, rule.policy, decision.targets, reason, detail, ttlSeconds]);
    const known = this.#choices.get(key);
    if (known) return known;
    const choice: Choice = {
      policy: rule.policy,
      pops: popsOf(decision.targets, this.compiled.targets),
      addresses: decision.addresses,
      ttlSeconds,
      reason,
      detail,
    };
    this.#choices.set(key, choice);
    return choice;
  }
}

interface Path {
  rule: RuleNode;
  family: Family;
  /** Results of what was read on the way. */
  facts: readonly unknown[];
}

/** All nodes have the same fields, which keeps the hot loop's loads monomorphic. */
class DecisionNode {
  readonly path: Path;
  readonly leastScope: number;
  choice: Choice | undefined = undefined;
  read: Read | undefined = undefined;
  lookup: PrefixLookup | undefined = undefined;
  seeds: readonly number[] = [];
  weights: readonly number[] = [];
  /** 0 and up for a share. */
  fraction = -1;
  children: (DecisionNode | undefined)[] = [];

  constructor(path: Path, leastScope: number) {
    this.path = path;
    this.leastScope = leastScope;
  }
}

/** Whether two snapshots lead to the same choices: why a POP that gets clients is up plays no part in them. */
function sameStates(before: readonly PopState[], after: readonly PopState[]): boolean {
  const relevant = ({ pop, usable, reason, secondsToChange, shedFraction }: PopState) =>
    JSON.stringify([pop, usable, usable ? '' : reason, secondsToChange, shedFraction]);
  return (
    before.length === after.length &&
    before.every((state, i) => relevant(state) === relevant(after[i] as PopState))
  );
}

// One side of a catchment: a rule of compiled steering, a snapshot of health and a GeoIP file. Gives the tries to walk, and
// for what they say at a stop, the group of clients there.

import { locate } from '../../geoip/locate.ts';
import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { type Coordinates, greatCircleKm } from '../../net/great-circle.ts';
import type { Family } from '../../net/ip-address.ts';
import type { CompiledSteering } from '../steering/compile.ts';
import type { RuleNode } from '../steering/plan.ts';
import type { AnswerTarget, RankWorld } from '../steering/ranking.ts';
import type { SteeringSnapshot } from '../steering/snapshot.ts';
import { makeWorld, tablesOf } from '../steering/world.ts';
import { type ExpectedAnswers, expectedAnswers } from './expected-answers.ts';
import type { Destination, GroupTraits } from './group.ts';
import { mmdbTrie, type Stop, type Trie, tableTrie } from './trie.ts';

export interface ViewedGroup extends GroupTraits {
  /** Tries that the answer depends on, by index into `tries`. */
  readTries: readonly number[];
  /** Least ECS scope of the answer. */
  leastScope: number;
}

export interface PolicyView {
  /** The first is the GeoIP file's. */
  tries: readonly Trie[];
  /** The group of clients at a stop, where `at` says which of its leaves are those of `tries`: the same object for the same group. */
  groupAt(stop: Stop, at: readonly number[]): ViewedGroup;
  /** Where the IPv4 addresses are inside the GeoIP file's IPv6 space. */
  ipv4Root: number;
  /** How many groups there are so far. */
  groupCount(): number;
}

/** Families of addresses that clients have, and of those that they are answered with, are the same here: A for IPv4. */
export function viewPolicy(
  steering: CompiledSteering,
  ruleIndex: number,
  snapshot: SteeringSnapshot,
  tree: MmdbTree,
  family: Family,
): PolicyView {
  const rule = steering.rules[ruleIndex];
  if (!rule) throw new RangeError(`no rule ${ruleIndex}`);
  const world = makeWorld(steering, snapshot, family);
  const tables = [...tablesOf(steering, ruleIndex)].sort((a, b) => a - b);
  const tries = [mmdbTrie(tree), ...tables.map((table) => tableTrie(tableOf(steering, table)))];
  const answersBy = new Map<number, ExpectedAnswers>();
  const groups = new Map<number, Map<number, ViewedGroup>>();
  const classKeys = new KeyChain();
  let count = 0;

  const makeGroup = (stop: Stop, at: readonly number[], key: number): ViewedGroup => {
    const leaf = stop.leaves[at[0] as number] as number;
    const location = leaf > tree.nodeCount ? locate(tree.record(leaf)) : undefined;
    let expected = answersBy.get(key);
    if (!expected) {
      const classes = tables.map((_, i) => ~(stop.leaves[at[i + 1] as number] as number));
      expected = expectedAnswers(rule, world, (table) => {
        return steering.compiled[table]?.aspects[classes[tables.indexOf(table)] ?? 0];
      });
      answersBy.set(key, expected);
    }
    count++;
    return {
      known: location !== undefined,
      destinations: destinationsOf(expected, world, steering, location?.coordinates),
      coordinates: location?.coordinates,
      city: location?.city,
      country: location?.country,
      continent: location?.continent,
      readTries: [...expected.tables].map((table) => tables.indexOf(table) + 1),
      leastScope: leastScopeOf(rule, expected, family),
    };
  };
  return {
    tries,
    ipv4Root: tree.ipVersion === 6 ? tree.ipv4Root : -1,
    groupCount: () => count,
    groupAt: (stop, at) => {
      const leaf = stop.leaves[at[0] as number] as number;
      let key = 0;
      for (let i = 0; i < tables.length; i++)
        key = classKeys.next(key, ~(stop.leaves[at[i + 1] as number] as number));
      let byRecord = groups.get(key);
      if (!byRecord) {
        byRecord = new Map();
        groups.set(key, byRecord);
      }
      let group = byRecord.get(leaf);
      if (!group) {
        group = makeGroup(stop, at, key);
        byRecord.set(leaf, group);
      }
      return group;
    },
  };
}

/** Numbers sequences of classes: the same number for the same sequence. */
class KeyChain {
  #keys = new Map<number, number>();

  /** Classes are fewer than 2^26, as prefixes are. */
  next(key: number, part: number): number {
    const pair = key * 67_108_864 + part;
    let known = this.#keys.get(pair);
    if (known === undefined) {
      known = this.#keys.size + 1;
      this.#keys.set(pair, known);
    }
    return known;
  }
}

function tableOf(steering: CompiledSteering, table: number) {
  const compiled = steering.compiled[table];
  if (!compiled) throw new RangeError(`no table ${table}`);
  return compiled.table;
}

/** A name that gives clients different answers never says "for everybody"; a hash is of the /24 or /56. */
function leastScopeOf(rule: RuleNode, { hashed }: ExpectedAnswers, family: Family): number {
  if (hashed) return family === 4 ? 24 : 56;
  return rule.dependsOnClient ? 1 : 0;
}

/** Several answers at once are shared evenly: each client takes one of them. */
function destinationsOf(
  { answers }: ExpectedAnswers,
  world: RankWorld,
  steering: CompiledSteering,
  here: Coordinates | undefined,
): Destination[] {
  const byPop = new Map<string, Destination>();
  for (const { targets, chance } of answers) {
    for (const index of targets) {
      const target = world.targets[index] as AnswerTarget;
      const share = chance / targets.length;
      const known = byPop.get(target.name);
      byPop.set(target.name, {
        pop: target.kind === 'anycast' ? 'anycast' : target.name,
        share: share + (known?.share ?? 0),
        km: kmTo(target, steering, here),
      });
    }
  }
  return [...byPop.values()].sort((a, b) => b.share - a.share);
}

/** Where BGP picks the POP the distance is not known, unless there is but one to pick. */
function kmTo(
  target: AnswerTarget,
  { pops }: CompiledSteering,
  here: Coordinates | undefined,
): number | undefined {
  const pop = target.pops.length === 1 ? pops[target.pops[0] as number] : undefined;
  return here && pop ? greatCircleKm(here, pop) : undefined;
}

// A table from a GeoIP database: every record becomes the class of its aspect, and prefixes with equal classes merge on the
// way from the leaves of the database's search tree to its root. Each node of the tree is visited once: databases reach
// their IPv4 part from several places of the IPv6 space (2002::/16, ::ffff:0:0/96), and those come out shared as well.

import { type GeoLocation, locate } from '../../geoip/locate.ts';
import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { IntMap } from './int-map.ts';
import { nearestAspectOf } from './kinds/nearest.ts';
import { asnAspectOf, placeAspectOf } from './match-words.ts';
import type { GeoAspectOf, TableSpec } from './policy-kind.ts';
import { type PrefixTable, PrefixTableBuilder } from './prefix-table.ts';

export interface AspectTable {
  table: PrefixTable;
  /** By class; class 0 is that of an address without a record. */
  aspects: readonly unknown[];
}

/** The aspect of a location for tables that are made from GeoIP databases; undefined for the others. */
export function geoAspectOf(spec: TableSpec): GeoAspectOf<unknown> | undefined {
  switch (spec.type) {
    case 'nearest':
      return nearestAspectOf(spec);
    case 'place':
      return placeAspectOf(spec);
    case 'asn':
      return asnAspectOf(spec);
    default:
      return undefined;
  }
}

/** Compiles several tables of one database; every record is decoded once. Without a database nobody has a record. */
export function tablesFromMmdb(
  tree: MmdbTree | undefined,
  aspectsOf: readonly GeoAspectOf<unknown>[],
): AspectTable[] {
  const classifiers = aspectsOf.map((aspectOf) => new Classifier(aspectOf));
  const nowhere = locate(undefined);
  for (const classifier of classifiers) classifier.add(nowhere);
  if (!tree) return classifiers.map((classifier) => classifier.finish(new PrefixTableBuilder(), ~0, ~0));
  const records = numberRecords(tree, classifiers);
  return classifiers.map((classifier) => {
    const builder = new PrefixTableBuilder(tree.nodeCount);
    const reduce = treeReducer(tree, records, classifier.classes, builder);
    const root4 = reduce(tree.ipv4Root);
    const root6 = tree.ipVersion === 6 ? reduce(0) : ~0;
    return classifier.finish(builder, root4, root6);
  });
}

/** Classes of records for one table. */
class Classifier {
  /** By number of the record. */
  readonly classes: number[] = [];
  #aspectOf: GeoAspectOf<unknown>;
  #byKey = new Map<string, number>();
  #aspects: unknown[] = [];

  constructor(aspectOf: GeoAspectOf<unknown>) {
    this.#aspectOf = aspectOf;
  }

  add(location: GeoLocation): void {
    const { key, aspect } = this.#aspectOf(location);
    let known = this.#byKey.get(key);
    if (known === undefined) {
      known = this.#aspects.push(aspect) - 1;
      this.#byKey.set(key, known);
    }
    this.classes.push(known);
  }

  finish(builder: PrefixTableBuilder, root4: number, root6: number): AspectTable {
    return { table: builder.finish(root4, root6), aspects: this.#aspects };
  }
}

/** Numbers of records by reference; number 0 is "no record". Classifies each as it is met. */
function numberRecords(tree: MmdbTree, classifiers: readonly Classifier[]): IntMap {
  const numbers = new IntMap();
  const noData = tree.nodeCount;
  numbers.set(noData, 0);
  const meet = (reference: number): void => {
    if (reference <= noData || numbers.get(reference) >= 0) return;
    numbers.set(reference, numbers.size);
    const location = locate(tree.record(reference));
    for (const classifier of classifiers) classifier.add(location);
  };
  for (let node = 0; node < tree.nodeCount; node++) {
    meet(tree.left(node));
    meet(tree.right(node));
  }
  return numbers;
}

/** IPv6 addresses have no more bits: a deeper tree is a circle, which only a broken file has. */
const MAX_DEPTH = 128;

function treeReducer(
  tree: MmdbTree,
  records: IntMap,
  classes: readonly number[],
  builder: PrefixTableBuilder,
): (reference: number) => number {
  // By node: its result, node references moved up by one so that 0 can mean "not yet".
  const done = new Int32Array(tree.nodeCount);
  const reduce = (reference: number, depth: number): number => {
    if (reference >= tree.nodeCount) return ~(classes[records.get(reference)] ?? 0);
    const known = done[reference] as number;
    if (known !== 0) return known < 0 ? known : known - 1;
    if (depth >= MAX_DEPTH) throw new RangeError('the search tree is deeper than an address is long');
    const result = builder.join(
      reduce(tree.left(reference), depth + 1),
      reduce(tree.right(reference), depth + 1),
    );
    done[reference] = result < 0 ? result : result + 1;
    return result;
  };
  return (reference) => reduce(reference, 0);
}

// Compiles steering: policies are planned, and for every fact of a client that they read there is a table from address to
// class. The result is plain data over shared memory: a compiler thread makes it, and every thread that answers queries
// reads the same copy.

import { UserError } from '../../base/errors.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { planSteering, type SteeringPlan } from './plan.ts';
import type { TableSpec } from './policy-kind.ts';
import { NO_RTTS, type RttOverlay } from './rtt-overlay.ts';
import type { SteeringInput, SteeringPop } from './steering-input.ts';
import { type AspectTable, geoAspectOf, tablesFromMmdb } from './table-from-mmdb.ts';
import { tableFromPrefixes } from './table-from-prefixes.ts';

export interface CompiledSteering extends SteeringPlan {
  pops: readonly SteeringPop[];
  /** By table of the plan; the first is that of RTTs, empty until they are set. */
  compiled: readonly AspectTable[];
}

/** @throws UserError for policies that planSteering finds wrong, RangeError for bytes that are no database. */
export function compileSteering(input: SteeringInput): CompiledSteering {
  const { plan, problems } = planSteering(input);
  if (problems.length > 0) throw new UserError(problems);
  const city = input.geoip && new MmdbTree(input.geoip);
  const asn = input.asn ? new MmdbTree(input.asn) : city;
  const compiled: AspectTable[] = plan.tables.map((spec) => tableWithoutGeoip(spec));
  for (const [tree, mine] of [
    [city, (spec: TableSpec) => spec.type === 'nearest' || spec.type === 'place'],
    [asn, (spec: TableSpec) => spec.type === 'asn'],
  ] as const) {
    const indexes = plan.tables.flatMap((spec, index) => (mine(spec) ? [index] : []));
    const aspectsOf = indexes.flatMap((index) => geoAspectOf(plan.tables[index] as TableSpec) ?? []);
    if (indexes.length === 0) continue;
    const tables = tablesFromMmdb(tree || undefined, aspectsOf);
    indexes.forEach((index, i) => {
      compiled[index] = tables[i] as AspectTable;
    });
  }
  return { ...plan, pops: input.pops, compiled };
}

/** The overlay of a steering whose POPs measured nothing. */
export function emptyRttOverlay(): RttOverlay {
  return { table: tableFromPrefixes([]), aspects: [NO_RTTS], asOfMs: 0 };
}

/** Class 0 of a prefix table is "no match". */
function tableWithoutGeoip(spec: TableSpec): AspectTable {
  if (spec.type !== 'prefix') return emptyRttOverlay();
  const values = [...new Set(spec.values.map(({ value }) => value))];
  const entries = spec.values.map(({ prefix, value }) => ({ prefix, value: values.indexOf(value) + 1 }));
  return { table: tableFromPrefixes(entries), aspects: [-1, ...values] };
}

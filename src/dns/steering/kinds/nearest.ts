// `nearest`: POPs by great-circle distance from where GeoIP puts the client network. It knows nothing of the network's paths,
// which is its fault and the reason for `latency`. Where only the country is known (a record's country centroid is nowhere:
// see geoip/locate) POPs of the country come first, then of the continent; where nothing is known, config order. Only the
// first few are ranked by the client's own distance, the rest by distance from the first choice: neighbours whose first
// choices agree then share one ranking, and so one wide ECS scope.

import { z } from '../../../base/schema.ts';
import { greatCircleKm } from '../../../net/great-circle.ts';
import { chordKm, squaredChord, unitVector, type Vector } from '../chord.ts';
import type { GeoAspectOf, PolicyKind, RankedPop, TableSpec } from '../policy-kind.ts';
import { type RankWorld, readAspect } from '../ranking.ts';

export interface NearestSpec {
  type: 'nearest';
  /** Default: all. */
  pops?: string[];
  /** Kilometres by which a POP is taken to be nearer than it is; default: its own `biasKm`. */
  biasKm?: Record<string, number>;
  /** How many POPs are ranked by the client's own distance; default 3. */
  limit?: number;
}

export interface NearestNode {
  kind: 'nearest';
  pops: number[];
  table: number;
}

export interface NearestAspect {
  mode: 'nearest' | 'same-country' | 'same-continent' | 'default';
  /** POP indexes; the others follow by distance from the first one (mode `nearest`), or in config order. */
  first: readonly number[];
}

type NearestTable = Extract<TableSpec, { type: 'nearest' }>;

const DEFAULT_LIMIT = 3;

export const nearest: PolicyKind<NearestSpec, NearestNode> = {
  type: 'nearest',
  schema: () =>
    z.strictObject({
      type: z.literal('nearest'),
      pops: z.optional(z.array(z.string()).check(z.minLength(1))),
      biasKm: z.optional(z.record(z.string(), z.number())),
      limit: z.optional(z.int().check(z.gte(1))),
    }),

  plan(spec, planner, path) {
    if (planner.pops.length === 0) planner.problem(path, 'policy nearest needs POPs', 'list them under pops');
    const indexes = spec.pops
      ? spec.pops.map((name, i) => planner.pop(name, `${path}.pops[${i}]`))
      : planner.pops.map((_, index) => index);
    const bias = new Map(
      Object.entries(spec.biasKm ?? {}).map(([name, km]) => [
        planner.pop(name, `${path}.biasKm.${name}`),
        km,
      ]),
    );
    const pops = [...new Set(indexes)].flatMap((index): RankedPop[] => {
      const pop = planner.pops[index];
      if (!pop) return [];
      const { latitude, longitude, country, continent } = pop;
      return [{ index, latitude, longitude, biasKm: bias.get(index) ?? pop.biasKm ?? 0, country, continent }];
    });
    const table = planner.table({ type: 'nearest', limit: spec.limit ?? DEFAULT_LIMIT, pops });
    return { kind: 'nearest', pops: pops.map(({ index }) => index), table };
  },

  dependsOnClient: () => true,

  reaches: (node) => ({ targets: node.pops, tables: [node.table] }),

  *rank(node, world) {
    const { mode, first } = yield* readAspect<NearestAspect>(node.table);
    const step = { op: 'step' as const, reason: mode, detail: DETAILS[mode] };
    for (const pop of first) yield { ...step, target: pop };
    for (const pop of afterFirst(node, mode, first, world)) yield { ...step, target: pop };
  },
};

const DETAILS: Record<NearestAspect['mode'], string> = {
  nearest: 'by distance',
  'same-country': 'GeoIP knows only the country: POPs there come first',
  'same-continent': 'GeoIP knows only the country: POPs of the continent come first',
  default: 'GeoIP knows no location near a POP, so in config order',
};

/** What the compiled table holds for a location. Made once for each table: it is asked for every record of a database. */
export function nearestAspectOf(table: NearestTable): GeoAspectOf<NearestAspect> {
  const measure = distancesFrom(table.pops);
  const distances = new Float64Array(table.pops.length);
  const limit = Math.min(table.limit, table.pops.length);
  const best = new Array<number>(limit);
  return (location) => {
    const here = location.coordinates;
    if (!here) return areaAspect(table.pops, location);
    measure(here, distances);
    let filled = 0;
    for (let i = 0; i < distances.length; i++) {
      // Insertion into the few best; ties keep config order.
      let at = filled < limit ? filled++ : limit;
      while (at > 0 && (distances[i] as number) < (distances[best[at - 1] as number] as number)) {
        if (at < limit) best[at] = best[at - 1] as number;
        at--;
      }
      if (at < limit) best[at] = i;
    }
    const first = best.slice(0, filled).map((i) => table.pops[i]?.index ?? 0);
    return { key: `n${first.join()}`, aspect: { mode: 'nearest', first } };
  };
}

/** Great-circle kilometres less bias: what `nearest` compares. */
export function biasedKm(pop: RankedPop, here: { latitude: number; longitude: number }): number {
  return greatCircleKm(here, pop) - pop.biasKm;
}

function areaAspect(
  pops: readonly RankedPop[],
  location: { country?: string; continent?: string },
): { key: string; aspect: NearestAspect } {
  const inCountry = pops.filter((pop) => pop.country && pop.country === location.country);
  const inContinent = pops.filter(
    (pop) => !inCountry.includes(pop) && pop.continent && pop.continent === location.continent,
  );
  const mode = inCountry.length > 0 ? 'same-country' : inContinent.length > 0 ? 'same-continent' : 'default';
  const first = [...inCountry, ...inContinent].map((pop) => pop.index);
  return { key: `${mode}${first.join()}`, aspect: { mode, first } };
}

/** Without any bias the square of the chord orders as the distance does, and costs no arc sine. */
function distancesFrom(
  pops: readonly RankedPop[],
): (here: { latitude: number; longitude: number }, into: Float64Array) => void {
  const vectors = pops.map(unitVector);
  const biased = pops.some((pop) => pop.biasKm !== 0);
  return (here, into) => {
    const at = unitVector(here);
    for (let i = 0; i < vectors.length; i++) {
      const square = squaredChord(at, vectors[i] as Vector);
      into[i] = biased ? chordKm(square) - (pops[i]?.biasKm ?? 0) : square;
    }
  };
}

function afterFirst(
  node: NearestNode,
  mode: NearestAspect['mode'],
  first: readonly number[],
  world: RankWorld,
): number[] {
  const { pops } = world.tableSpec(node.table) as NearestTable;
  const rest = pops.filter((pop) => !first.includes(pop.index));
  const from = pops.find((pop) => pop.index === first[0]);
  if (mode === 'nearest' && from) {
    const km = new Map(rest.map((pop) => [pop, biasedKm(pop, from)]));
    rest.sort((a, b) => (km.get(a) ?? 0) - (km.get(b) ?? 0)); // stable: ties keep config order
  }
  return rest.map((pop) => pop.index);
}

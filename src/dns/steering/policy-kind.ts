// What a file in kinds/ provides: how its policy is written, how it is planned (names become indexes, tables are asked for,
// mistakes are reported), and how it ranks.

import type { z } from '../../base/schema.ts';
import type { GeoLocation } from '../../geoip/locate.ts';
import type { Prefix } from '../../net/prefix.ts';
import type { Target } from './policy-spec.ts';
import type { AnswerTarget, Ranking, RankWorld } from './ranking.ts';
import type { SteeringPop } from './steering-input.ts';

export interface PolicyKind<Spec extends { type: string }, Node extends { kind: string }> {
  type: Spec['type'];
  /** `target` is the schema of whatever a policy may send clients on to. */
  schema(target: z.ZodMiniType<Target>): z.ZodMiniType<Spec>;
  /** Plain data. Mistakes go to `planner.problem`; then whatever is returned is not used. */
  plan(spec: Spec, planner: Planner, path: string): Node;
  /** Whether two clients can get different answers from it. */
  dependsOnClient(node: Node, child: (node: number) => boolean): boolean;
  reaches(node: Node): Reach;
  rank(node: Node, world: RankWorld): Ranking;
}

/** What a policy can come to, whatever the client and the health. */
export interface Reach {
  /** Policies whose steps it passes on. */
  nodes?: readonly number[];
  /** Policies that it asks for an order only. */
  asks?: readonly number[];
  targets?: readonly number[];
  /** Tables that it looks the client up in. */
  tables?: readonly number[];
}

/** What `plan` may ask for. Indexes of things that do not exist are 0, with a problem reported. */
export interface Planner {
  pops: readonly SteeringPop[];
  anycast: { ipv4?: Uint8Array; ipv6?: Uint8Array };
  /** Index of a POP. */
  pop(name: string, path: string): number;
  /** Index of the node of a policy, POP or list; `reason` is the word of the steps of POPs listed there. */
  target(target: Target, path: string, reason: string): number;
  answer(target: AnswerTarget): number;
  table(spec: TableSpec): number;
  problem(path: string, message: string, hint?: string): void;
}

/** A table to compile: which aspect of a client it holds. Plain data; equal ones are compiled once. */
export type TableSpec =
  | { type: 'rtt' }
  | { type: 'nearest'; limit: number; pops: readonly RankedPop[] }
  | { type: 'place'; values: { [word: string]: number }; otherwise: number }
  | { type: 'asn'; values: { [asn: string]: number } }
  | { type: 'prefix'; values: readonly { prefix: Prefix; value: number }[] };

/** A POP as `nearest` sees it. */
export interface RankedPop {
  index: number;
  latitude: number;
  longitude: number;
  biasKm: number;
  country?: string;
  continent?: string;
}

/** How the aspect of a GeoIP location is found; the same `key` for equal aspects, which is what merges prefixes. */
export interface GeoAspect<Aspect> {
  key: string;
  aspect: Aspect;
}

export type GeoAspectOf<Aspect> = (location: GeoLocation) => GeoAspect<Aspect>;

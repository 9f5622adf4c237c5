// What a policy says, step by step: which facts of the client it has to read, then POPs in order of preference. Policies are
// generators, so a fact is read only when the answer really depends on it: what was read is exactly what the answer holds for,
// and that is its ECS scope (RFC 7871 section 7.2.1). The same code answers queries (facts from compiled tables, results
// memoized) and explains them (facts from the GeoIP records themselves).

import type { Family } from '../../net/ip-address.ts';
import type { PopState } from './snapshot.ts';
import type { AddressPair } from './steering-input.ts';

/** A fact of the client that decides. */
export type Read =
  /** What a table holds for the client's address; the result is the table's aspect. */
  | { op: 'aspect'; table: number }
  /** The result is the index of the seed that wins for the client's network, each with a chance by its weight. */
  | { op: 'pick'; seeds: readonly number[]; weights: readonly number[] }
  /** The result is true for this share of client networks; a larger share holds the same networks and more. */
  | { op: 'share'; seed: number; fraction: number };

/** The next best answer. */
export interface Step {
  op: 'step';
  /** Index into `targets`. */
  target: number;
  /** The policy's word, `nearest` for `nearest-healthy`. */
  reason: string;
  /** The reason in a sentence. It must follow from what was read. */
  detail: string;
  /** Set by `capacity`: POPs before this one shed the client, or it does so itself and is the last resort. */
  shed?: 'others' | 'itself';
}

export type RankEvent =
  | Read
  | Step
  /** This many answers, until `enough`. */
  | { op: 'want'; count: number }
  | { op: 'enough' }
  /** For `explain`: what a policy found. */
  | { op: 'note'; text: string; passedOver?: number };

/** Receives the result of each `Read`. */
export type Ranking = Generator<RankEvent, void, unknown>;

/** What can be answered: a POP's own address, or one that BGP leads to a POP. */
export interface AnswerTarget extends AddressPair {
  /** `fixed` is a POP that is answered up or down. */
  kind: 'pop' | 'fixed' | 'anycast' | 'region';
  /** The POP, or the region. */
  name: string;
  /** Indexes of the POPs it stands for. */
  pops: readonly number[];
}

/** What policies see besides the client. */
export interface RankWorld {
  /** Family of the addresses asked for. */
  family: Family;
  popNames: readonly string[];
  /** The first ones are the POPs, in config order. */
  targets: readonly AnswerTarget[];
  /** By POP index. */
  states: readonly PopState[];
  /** The ranking of another policy. */
  rank(node: number): Ranking;
  /** The specification of a table, for what its policy needs of it. */
  tableSpec(table: number): unknown;
}

/** The table of measured RTTs, which is in every compiled steering. */
export const RTT_TABLE = 0;

export function* readAspect<Aspect>(table: number): Generator<RankEvent, Aspect, unknown> {
  return (yield { op: 'aspect', table }) as Aspect;
}

/** A ranking with every step replaced by what `replace` yields for it; all else, reads and their results, passes through. */
export function* replaceSteps(ranking: Ranking, replace: (step: Step) => Ranking): Ranking {
  let result: unknown;
  for (;;) {
    const next = ranking.next(result);
    if (next.done) return;
    result = undefined;
    if (next.value.op === 'step') yield* replace(next.value);
    else result = yield next.value;
  }
}

export function addressOf(holder: AddressPair, family: Family): Uint8Array | undefined {
  return family === 4 ? holder.ipv4 : holder.ipv6;
}

/** Health is no part of an anycast address or of a name that means one POP; a region lives while a POP of it does. */
export function isTargetUsable(target: AnswerTarget, states: readonly PopState[]): boolean {
  if (target.kind === 'anycast' || target.kind === 'fixed') return true;
  return target.pops.some((pop) => states[pop]?.usable);
}

/** Least seconds until `isTargetUsable` could change: a region dies with its last POP and revives with its first. */
export function targetSecondsToChange(target: AnswerTarget, states: readonly PopState[]): number {
  if (target.kind === 'anycast' || target.kind === 'fixed') return Number.POSITIVE_INFINITY;
  const members = target.pops.map((pop) => states[pop]);
  const usable = members.filter((state) => state?.usable);
  return usable.length > 0
    ? Math.max(...usable.map((state) => state?.secondsToChange ?? Number.POSITIVE_INFINITY))
    : Math.min(...members.map((state) => state?.secondsToChange ?? Number.POSITIVE_INFINITY));
}

/** Names of the POPs that targets stand for one to one; anycast addresses stand for none. */
export function popsOf(targets: readonly number[], all: readonly AnswerTarget[]): string[] {
  return targets.flatMap((index) => {
    const target = all[index];
    return target && (target.kind === 'pop' || target.kind === 'fixed') ? [target.name] : [];
  });
}

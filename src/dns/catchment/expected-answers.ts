// What a policy answers clients of one place, as chances: where a hash of the client's network decides (weights, shed
// loads), every outcome is followed with the chance it has. Hashes are even, so over many networks chances are shares.

import { type Decision, decide } from '../steering/decide.ts';
import type { RuleNode } from '../steering/plan.ts';
import type { RankWorld, Read } from '../steering/ranking.ts';

export interface ExpectedAnswer {
  /** Target indexes, best first; empty when there is no answer. */
  targets: readonly number[];
  chance: number;
  reason: string;
}

export interface ExpectedAnswers {
  answers: ExpectedAnswer[];
  /** Tables that were read on any way: what the answer holds for is what they hold for. */
  tables: ReadonlySet<number>;
  /** Whether the client's network was hashed. */
  hashed: boolean;
}

/** Outcomes less likely than this are put to the likeliest one beside them: no report shows them. */
const LEAST_CHANCE = 1e-5;

/** `aspectOf` gives what a table holds for these clients. */
export function expectedAnswers(
  rule: RuleNode,
  world: RankWorld,
  aspectOf: (table: number) => unknown,
): ExpectedAnswers {
  const answers = new Map<string, ExpectedAnswer>();
  const tables = new Set<number>();
  let hashed = false;
  const follow = (facts: readonly unknown[], chance: number, draws: Draws): void => {
    const { read, decision } = run(rule, world, facts);
    if (decision) addAnswer(answers, decision, chance);
    else if (read.op === 'aspect') {
      tables.add(read.table);
      follow([...facts, aspectOf(read.table)], chance, draws);
    } else {
      hashed = true;
      for (const outcome of likely(outcomesOf(read, draws), LEAST_CHANCE / chance)) {
        follow([...facts, outcome.fact], chance * outcome.chance, outcome.draws);
      }
    }
  };
  follow([], 1, new Map());
  return { answers: [...answers.values()], tables, hashed };
}

/** What is known of the draw of a seed: it is even between these bounds. */
type Draws = ReadonlyMap<number, { from: number; to: number }>;

interface Outcome {
  fact: unknown;
  chance: number;
  draws: Draws;
}

function run(rule: RuleNode, world: RankWorld, facts: readonly unknown[]) {
  const deciding = decide(rule, world);
  let next = deciding.next();
  for (const fact of facts) next = deciding.next(fact);
  return next.done
    ? { decision: next.value, read: undefined as never }
    : { decision: undefined, read: next.value };
}

function outcomesOf(read: Exclude<Read, { op: 'aspect' }>, draws: Draws): Outcome[] {
  if (read.op === 'pick') {
    const total = read.weights.reduce((sum, weight) => sum + weight, 0);
    return read.weights.map((weight, fact) => ({ fact, chance: weight / total, draws }));
  }
  // A larger share holds the networks of a smaller one: the same draw, asked again.
  const { from, to } = draws.get(read.seed) ?? { from: 0, to: 1 };
  const border = Math.min(to, Math.max(from, read.fraction));
  const between = (low: number, high: number) => new Map(draws).set(read.seed, { from: low, to: high });
  return [
    { fact: true, chance: (border - from) / (to - from), draws: between(from, border) },
    { fact: false, chance: (to - border) / (to - from), draws: between(border, to) },
  ];
}

/** Without those that are too unlikely, whose chances go to the likeliest. */
function likely(outcomes: Outcome[], least: number): Outcome[] {
  const [first, ...rest] = outcomes.toSorted((a, b) => b.chance - a.chance);
  if (!first) return [];
  const kept = rest.filter(({ chance }) => chance > 0 && chance >= least);
  const chance = 1 - kept.reduce((sum, outcome) => sum + outcome.chance, 0);
  return [{ ...first, chance }, ...kept];
}

function addAnswer(
  answers: Map<string, ExpectedAnswer>,
  { targets, reason }: Decision,
  chance: number,
): void {
  const key = `${targets.join()} ${reason}`;
  const known = answers.get(key);
  if (known) known.chance += chance;
  else answers.set(key, { targets, chance, reason });
}

// Results as counts by category and level: what the documents and the bench show.

import { CATEGORIES, type Category } from './conformance-case.ts';
import type { CaseResult } from './run-cases.ts';

export interface Count {
  passed: number;
  /** Could not be tried: what prepares failed, or the cache did not store. */
  untried: number;
  /** Cases of this category and level, those included that could not be tried. */
  of: number;
}

export interface Tally {
  required: Count;
  optional: Count;
  categories: Record<Category, { required: Count; optional: Count }>;
}

export function tally(results: readonly CaseResult[]): Tally {
  const among = (chosen: readonly CaseResult[], level: 'required' | 'optional'): Count => {
    const ofLevel = chosen.filter(({ test }) => test.level === level);
    const having = (wanted: string) => ofLevel.filter(({ verdict }) => verdict === wanted).length;
    return { passed: having('pass'), untried: having('setup'), of: ofLevel.length };
  };
  const both = (chosen: readonly CaseResult[]) => ({
    required: among(chosen, 'required'),
    optional: among(chosen, 'optional'),
  });
  const categories = Object.fromEntries(
    CATEGORIES.map((name) => [name, both(results.filter(({ test }) => test.category === name))]),
  ) as Tally['categories'];
  return { ...both(results), categories };
}

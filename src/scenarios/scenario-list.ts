// All scenarios, in the order of `./lab scenario list`.

import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import { scenario as failPop } from './fail-pop.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [failPop];

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (found) return found;
  const names = SCENARIOS.map((each) => each.name);
  const near = nearestNames(name, names);
  throw new UserError(
    {
      message: `no scenario ${name}`,
      expected: `one of ${names.join(', ')}`,
      hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : './lab scenario list',
    },
    2,
  );
}

// All steering policies by name. A new one is a file beside this and a line here.

import { anycast } from './anycast.ts';
import { latency } from './latency.ts';
import { nearest } from './nearest.ts';
import type { SteeringPolicy } from './policy.ts';
import { fixedPop } from './pop.ts';

const POLICIES: Record<string, SteeringPolicy> = { nearest, latency, anycast };

export const POLICY_NAMES = [...Object.keys(POLICIES), 'pop:<name>'];

/** The policy of a config's word: `nearest`, `latency`, `anycast` or `pop:<name>`; undefined when there is no such one. */
export function policyNamed(text: string, popNames: readonly string[]): SteeringPolicy | undefined {
  const fixed = /^pop:(.+)$/.exec(text)?.[1];
  if (fixed !== undefined) return popNames.includes(fixed) ? fixedPop(fixed) : undefined;
  return Object.hasOwn(POLICIES, text) ? POLICIES[text] : undefined;
}

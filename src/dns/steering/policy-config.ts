// The configuration's side of steering: schemas of `policies` and of a rule's policy, and what is wrong with them beyond their
// shape: unknown POPs and policies, circles, prefixes and countries that are none.

import type { Problem } from '../../base/errors.ts';
import { z } from '../../base/schema.ts';
import { planSteering } from './plan.ts';
import { POLICY_KINDS } from './policies.ts';
import type { PolicyRef, PolicySpec, Target } from './policy-spec.ts';
import type { AddressPair, SteeringPop } from './steering-input.ts';

const target: z.ZodMiniType<Target> = z.lazy(() =>
  z.union([
    z.string().check(z.minLength(1)),
    policySpecSchema,
    z.array(policyRefSchema).check(z.minLength(1)),
  ]),
);

/** An entry of `policies`: `{type: failover, steps: [eu, nearest]}`. */
export const policySpecSchema: z.ZodMiniType<PolicySpec> = z.discriminatedUnion(
  'type',
  POLICY_KINDS.map((kind) => kind.schema(target)) as unknown as [z.ZodMiniObject],
) as unknown as z.ZodMiniType<PolicySpec>;

/** A rule's `policy`: a word, the name of an entry of `policies`, or a policy in place. */
export const policyRefSchema: z.ZodMiniType<PolicyRef> = z.union([z.string(), policySpecSchema]);

export const policiesSchema = z.record(z.string().check(z.minLength(1)), policySpecSchema);

const seconds = z.int().check(z.gte(0), z.lte(604800));

/** A rule's `ttl`, beside the older `ttlSeconds` for one that does not change. */
export const steeringTtlSchema = z.strictObject({ min: seconds, max: seconds });

export const whenAllDownSchema = z.enum(['all', 'nearest', 'none']);

/** Everything wrong with policies and with the policies of rules (`path` is that of the rule's policy). */
export function policyProblems(config: {
  pops: readonly SteeringPop[];
  anycast: AddressPair;
  policies: Readonly<Record<string, PolicySpec>>;
  rules: readonly { path: string; policy: PolicyRef }[];
}): Problem[] {
  const rules = config.rules.map(({ policy }) => ({
    name: '',
    policy,
    ttl: { minSeconds: 0, maxSeconds: 0 },
  }));
  return planSteering({ ...config, rules }, (index) => config.rules[index]?.path ?? '').problems;
}

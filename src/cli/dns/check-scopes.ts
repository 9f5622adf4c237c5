// The proof that no answer can poison a resolver's cache, over every rule of a configuration; rules with the same policy
// are proved once. A generator: over a full city database each takes a second.

import type { Problem } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { checkScope, type ScopeAnswer } from '../../dns/steering/check-scope.ts';
import type { CompiledSteering } from '../../dns/steering/compile.ts';
import { Steering } from '../../dns/steering/steering.ts';
import { formatPrefix, maskBytes } from '../../net/prefix.ts';

export interface ScopeProof {
  problems: Problem[];
  rules: number;
  prefixes: number;
}

/** Yields the share that is done. */
export function* proveScopes(compiled: CompiledSteering): Generator<number, ScopeProof, undefined> {
  const steering = new Steering(compiled);
  const random = seededRandom(1);
  const proof: ScopeProof = { problems: [], rules: 0, prefixes: 0 };
  const seen = new Set<string>();
  for (const [index, rule] of compiled.rules.entries()) {
    const key = `${rule.root} ${rule.whenAllDown} ${JSON.stringify(rule.ttl)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    proof.rules++;
    const families = steering.families(index);
    for (const family of [4, 6] as const) {
      if (!(family === 4 ? families.ipv4 : families.ipv6)) continue;
      const { prefixes, conflicts } = checkScope(steering, index, family, { random });
      proof.prefixes += prefixes;
      for (const { one, other } of conflicts) {
        const message = `${rule.name} ${family === 4 ? 'A' : 'AAAA'}: ${answerText(one)}, but ${answerText(other)}`;
        proof.problems.push({
          message,
          hint: 'a resolver would give one to clients of the other; please report it',
        });
      }
      yield (index + 1) / compiled.rules.length;
    }
  }
  return proof;
}

function answerText({ address, scopePrefixLength: length, choice }: ScopeAnswer): string {
  const network = formatPrefix({ bytes: maskBytes(address, length), length });
  return `all of ${network} is told ${choice.pops.join('+') || 'anycast'}`;
}

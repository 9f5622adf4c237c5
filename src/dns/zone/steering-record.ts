// Two records of our own in master files, since no RR type says them: STEER gives a name to a policy
// (`www 60/5 STEER prod all-down=nearest`, TTL as MAX/MIN seconds or one number), and ALIAS gives an apex the addresses
// of another name (`@ 300 ALIAS lb.example.net.`), where a CNAME may not stand (RFC 1034 section 3.6.2).

import type { Problem } from '../../base/errors.ts';
import { formatName, type Name, parseName } from '../wire/name.ts';
import { parseTtl, type Token } from '../wire/rdata.ts';

/** When no POP is usable: answer with all, with the nearest as if it were up, or with nothing. */
export type WhenAllDown = 'all' | 'nearest' | 'none';

export interface SteeringRecord {
  policy: string;
  /** Answers' TTL lies in between, by the health checks' next possible change; equal when one number was given. */
  ttl: { minSeconds: number; maxSeconds: number };
  whenAllDown?: WhenAllDown;
  file: string;
  line: number;
}

export interface AliasRecord {
  /** Whose addresses are answered: in our zones (a steered name too) or outside. */
  target: Name;
  /** Upper bound; the target's own TTL may be lower. */
  ttlSeconds: number;
  file: string;
  line: number;
}

export const PSEUDO_TYPES: ReadonlySet<string> = new Set(['STEER', 'ALIAS']);

type EntryProblem = Omit<Problem, 'file' | 'line'>;

/** `300`, `5m` or `60/5`: MAX/MIN as gdnsd writes it. Undefined when it is no TTL at all, a string when it is a wrong one. */
export function parseTtlRange(text: string): { minSeconds: number; maxSeconds: number } | string | undefined {
  const [maxText = '', minText, ...more] = text.split('/');
  const looksLikeOne = /^\d[\dsmhdw]*(\/\d[\dsmhdw]*)?$/i.test(text);
  if (!looksLikeOne || more.length > 0) return undefined;
  const maxSeconds = parseTtl(maxText);
  const minSeconds = minText === undefined ? maxSeconds : parseTtl(minText);
  if (maxSeconds === undefined || minSeconds === undefined) {
    // `1a` could be an owner or a type by mistake; a run of digits is a TTL that is too large (RFC 2181 section 8).
    return /^\d+$/.test(maxText) ? `TTL ${text} is more than 2147483647 seconds` : undefined;
  }
  if (minSeconds > maxSeconds) return `TTL ${text} is MAX/MIN, but ${maxText} is less than ${minText}`;
  return { minSeconds, maxSeconds };
}

/** `prod all-down=nearest`: what stands behind STEER. */
export function parseSteering(
  tokens: readonly Token[],
): Pick<SteeringRecord, 'policy' | 'whenAllDown'> | EntryProblem {
  const [policy, ...options] = tokens.map((token) => token.text);
  if (policy === undefined || policy === '' || policy.includes('=')) {
    return { message: 'STEER needs the name of a policy', expected: '`www 60/5 STEER nearest`' };
  }
  let whenAllDown: WhenAllDown | undefined;
  for (const option of options) {
    const [, value] = /^all-down=(all|nearest|none)$/i.exec(option) ?? [];
    if (value === undefined || whenAllDown !== undefined) {
      return {
        message: value === undefined ? `STEER does not know \`${option}\`` : 'STEER has all-down twice',
        expected: 'all-down=all, all-down=nearest or all-down=none',
      };
    }
    whenAllDown = value.toLowerCase() as WhenAllDown;
  }
  return { policy, ...(whenAllDown && { whenAllDown }) };
}

/** The target that stands behind ALIAS. */
export function parseAlias(
  tokens: readonly Token[],
  origin: Name,
  owner: Name,
): Pick<AliasRecord, 'target'> | EntryProblem {
  const text = tokens[0]?.text;
  const target = text === undefined || tokens[0]?.quoted ? undefined : parseName(text, origin);
  if (target === undefined || tokens.length !== 1) {
    return {
      message: 'ALIAS needs one domain name',
      expected: '`@ 300 ALIAS lb.example.net.`',
      ...(text !== undefined && { found: tokens.map((token) => token.text).join(' ') }),
    };
  }
  if (target === owner) return { message: `ALIAS of ${formatName(owner)} to itself` };
  return { target };
}

// Accept-Encoding (RFC 9110 section 12.5.3) as the set of codings a client can read, in one order: every browser's list
// becomes one of a few texts. Preference among them is the server's to choose.

import { memoised } from './memo.ts';
import { parseWeighted, type Weighted } from './quality-values.ts';
import type { ContentCoding } from './route-policy.ts';

/** In canonical order. */
export const CODINGS: readonly ContentCoding[] = ['br', 'zstd', 'gzip'];

export interface AcceptedCodings {
  /** Weight over 0, by coding; a coding that the client cannot read is absent. */
  weights: ReadonlyMap<ContentCoding, number>;
  /** 0 for `identity;q=0` and for `*;q=0` without identity; UNLISTED where nobody speaks of it. */
  identity: number;
}

/** Less than any weight that can be written (three digits): allowed, but after everything that was named. */
export const UNLISTED = 0.0001;

/** No field: everything is allowed, but nobody said that anything is understood, so identity alone is safe. */
export function acceptedCodings(acceptEncoding: string | undefined): AcceptedCodings {
  return parse(acceptEncoding ?? '');
}

const parse = memoised((text): AcceptedCodings => {
  const list = parseWeighted(text);
  const any = weightOf(list, '*');
  const weights = new Map<ContentCoding, number>();
  for (const coding of CODINGS) {
    const weight =
      weightOf(list, coding) ?? (coding === 'gzip' ? weightOf(list, 'x-gzip') : undefined) ?? any;
    if (weight !== undefined && weight > 0) weights.set(coding, weight);
  }
  const identity = weightOf(list, 'identity') ?? (any === 0 ? 0 : UNLISTED);
  return { weights, identity };
});

/** `br,gzip`; undefined when only identity is left. */
export function canonicalAcceptEncoding(acceptEncoding: string | undefined): string | undefined {
  const { weights, identity } = acceptedCodings(acceptEncoding);
  const names: string[] = [...weights.keys()];
  if (identity === 0) names.push('identity;q=0');
  return names.length === 0 ? undefined : names.join(',');
}

/** The highest, where a client names a coding twice. */
function weightOf(list: readonly Weighted[], name: string): number | undefined {
  let weight: number | undefined;
  for (const element of list) {
    if (element.value === name) weight = Math.max(weight ?? 0, element.weight);
  }
  return weight;
}

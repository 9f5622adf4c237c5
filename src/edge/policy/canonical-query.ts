// The query as the key and the origin get it: parameters that a route does not keep are taken out, the rest may be sorted.
// The origin is asked with exactly this text, so a parameter that is not in the key cannot change what is stored, however
// the origin splits it (`utm=1;callback=evil` is one parameter here and leaves whole).

import { compileGlobs, type Matches } from './glob.ts';
import { normalPercent } from './normal-path.ts';
import type { QueryPolicy } from './route-policy.ts';

/** From the text after `?` to the same, shorter or in order; '' when nothing is left. */
export type CanonicalQuery = (query: string) => string;

/** Undefined when every query stays as it is. */
export function compileQuery(policy: QueryPolicy, normalise: boolean): CanonicalQuery | undefined {
  const { keep, drop, sort } = policy;
  if (keep === undefined && drop.length === 0 && !sort && !normalise) return undefined;
  if (keep?.length === 0) return () => '';
  const kept: Matches = keep === undefined ? () => true : compileGlobs(keep);
  const dropped = compileGlobs(drop);
  const filters = keep !== undefined || drop.length > 0;
  if (!filters && !sort) return normalPercent;
  return (query) => {
    const text = normalise ? normalPercent(query) : query;
    const parameters = text.split('&').filter((parameter) => {
      if (!filters) return true;
      const name = parameterName(parameter);
      return kept(name) && !dropped(name);
    });
    if (sort) sortByName(parameters);
    return parameters.join('&');
  };
}

/** Stable: parameters of one name keep their order, which origins give a meaning. */
function sortByName(parameters: string[]): void {
  const rawName = (parameter: string) => parameter.split('=', 1)[0] ?? '';
  parameters.sort((a, b) => {
    const left = rawName(a);
    const right = rawName(b);
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** Decoded as forms are (`+` is a space), or as it stands where that is no UTF-8. */
function parameterName(parameter: string): string {
  const raw = parameter.split('=', 1)[0] ?? '';
  if (!raw.includes('%') && !raw.includes('+')) return raw;
  try {
    return decodeURIComponent(raw.replace(/\+/g, ' '));
  } catch {
    return raw;
  }
}

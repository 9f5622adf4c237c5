// Which field tells this cache what to do (RFC 9213 section 2.2): the first valid, non-empty targeted field of its list,
// and then Cache-Control and Expires count for nothing; otherwise Cache-Control.

import { type CacheControl, DELTA_SECONDS, parseCacheControl } from './cache-control.ts';
import { type Fields, fieldValue } from './fields.ts';
import { type Member, parseDictionary } from './fields-dictionary.ts';

/** A CDN's own list; a deployment may put its own field before it. */
export const DEFAULT_TARGETS: readonly string[] = ['cdn-cache-control'];

export function responseCacheControl(
  fields: Fields,
  targets: readonly string[] = DEFAULT_TARGETS,
): CacheControl {
  for (const name of targets) {
    const text = fieldValue(fields, name);
    if (text === undefined) continue;
    const directives = parseTargetedControl(text);
    if (directives && directives.size > 0) return { directives, field: name };
  }
  return parseCacheControl(fieldValue(fields, 'cache-control'));
}

/**
 * Directives of one targeted field, with the types that section 2.1 infers: seconds are Integers, lists of field names
 * Strings or Tokens, all else means itself by being there. Undefined when the text does not parse or a directive has
 * another type: reading `max-age=1.5` or `max-age="60"` would be a guess, so the whole field counts as not sent.
 */
export function parseTargetedControl(text: string): Map<string, string | null> | undefined {
  const members = parseDictionary(text);
  if (!members) return undefined;
  const directives = new Map<string, string | null>();
  for (const [name, member] of members) {
    // `no-store=?0` says in so many words that the directive is not there.
    if (member.type === 'boolean' && !member.value) continue;
    if (DELTA_SECONDS.has(name)) {
      if (member.type !== 'integer') return undefined;
      directives.set(name, String(member.value));
    } else directives.set(name, fieldNames(member));
  }
  return directives;
}

function fieldNames(member: Member): string | null {
  if (member.type === 'string' || member.type === 'token') return member.value;
  return null;
}

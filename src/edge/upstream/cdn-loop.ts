// CDN-Loop (RFC 8586): every edge adds its name to the requests it makes, nobody may take one away, and who finds its
// own name refuses. Via says the same, but origins are told to strip or rewrite it; both are looked at.

import { type Fields, fieldValue, hasField, withoutFields } from '../fields.ts';
import { hasPassed } from '../via.ts';

/** Appended after what is there: the order is the way the request took. */
export function withCdnLoop(fields: Fields, cdnId: string): string[] {
  const earlier = fieldValue(fields, 'cdn-loop');
  return [
    ...withoutFields(fields, new Set(['cdn-loop'])),
    'CDN-Loop',
    earlier ? `${earlier}, ${cdnId}` : cdnId,
  ];
}

/** The request has been at this edge, as CDN-Loop or Via tells. */
export function hasLooped(fields: Fields, cdnId: string): boolean {
  // Asked for every request: nearly none of them has these fields.
  if (hasField(fields, 'cdn-loop') && cdnLoopIds(fields).includes(cdnId.toLowerCase())) return true;
  return hasField(fields, 'via') && hasPassed(fields, cdnId);
}

/** Which of these edges the request has been at. */
export function passedAmong(fields: Fields, cdnIds: readonly string[]): string | undefined {
  return cdnIds.find((cdnId) => hasLooped(fields, cdnId));
}

/** Names in CDN-Loop, in lower case, without parameters. A comma inside a quoted parameter parts nothing. */
export function cdnLoopIds(fields: Fields): string[] {
  const value = fieldValue(fields, 'cdn-loop') ?? '';
  return (value.match(/(?:"(?:\\.|[^"\\])*"|[^,"]|")+/g) ?? [])
    .map((member) => (member.split(';', 1)[0] ?? '').trim().toLowerCase())
    .filter((id) => id !== '');
}

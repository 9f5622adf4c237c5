// Via (RFC 9110 section 7.6.3): who passed the message on. It shows the path a response took, and a request that
// already carries this edge's own name goes in a circle.

import { type Fields, fieldValue, withoutFields } from './fields.ts';

export function withVia(fields: Fields, pseudonym: string): string[] {
  const earlier = fieldValue(fields, 'via');
  const own = `1.1 ${pseudonym}`;
  if (earlier === undefined) return [...fields, 'Via', own];
  return [...withoutFields(fields, VIA), 'Via', earlier === '' ? own : `${earlier}, ${own}`];
}

const VIA = new Set(['via']);

export function hasPassed(fields: Fields, pseudonym: string): boolean {
  const via = fieldValue(fields, 'via');
  if (via === undefined) return false;
  return via.split(',').some(
    (hop) =>
      hop
        .trim()
        .split(/[ \t]+/)[1]
        ?.toLowerCase() === pseudonym.toLowerCase(),
  );
}

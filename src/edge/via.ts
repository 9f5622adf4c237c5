// Via (RFC 9110 section 7.6.3): who passed the message on. It shows the path a response took, and a request that
// already carries this edge's own name goes in a circle.

import { type Fields, fieldValue, withoutFields } from './fields.ts';

export function withVia(fields: Fields, pseudonym: string): string[] {
  const earlier = fieldValue(fields, 'via');
  return [
    ...withoutFields(fields, new Set(['via'])),
    'Via',
    earlier ? `${earlier}, 1.1 ${pseudonym}` : `1.1 ${pseudonym}`,
  ];
}

export function hasPassed(fields: Fields, pseudonym: string): boolean {
  return (fieldValue(fields, 'via') ?? '').split(',').some(
    (hop) =>
      hop
        .trim()
        .split(/[ \t]+/)[1]
        ?.toLowerCase() === pseudonym.toLowerCase(),
  );
}

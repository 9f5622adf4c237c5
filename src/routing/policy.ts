// The policy of bird/import.conf and bird/export.conf once more, for prediction: what a relationship is worth, and who
// is told of a route. test/lab holds BIRD and prediction to the same answer.

import type { Relationship } from '../topology/resolved.ts';

/** Gao and Rexford (2001): a customer's route before a peer's before a provider's. */
export const LOCAL_PREFERENCE: Record<Relationship, number> = { customer: 200, peer: 100, provider: 50 };

/** Valley-free: own and customers' routes to everybody, all others to customers only. */
export function mayExport(learnedFrom: Relationship | 'self', neighbourIs: Relationship): boolean {
  return neighbourIs === 'customer' || learnedFrom === 'self' || learnedFrom === 'customer';
}

/** POPs share an ASN and accept paths that hold it once (`allow local as 1`); everybody else accepts none. */
export function isLoop(asPath: number[], ownAsn: number, isPop: boolean): boolean {
  let seen = 0;
  for (const asn of asPath) if (asn === ownAsn) seen++;
  return seen > (isPop ? 1 : 0);
}

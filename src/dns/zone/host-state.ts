// What a zone knows of a host that a record points to (a name server, a mail exchanger): the question behind most checks
// of a zone.

import { TYPES } from '../wire/constants.ts';
import { isAtOrBelow, type Name, parentOf, wildcardUnder } from '../wire/name.ts';
import { lookupName } from './lookup.ts';
import type { Zone, ZoneNode } from './zone.ts';

export type HostState =
  /** Outside the zone, or below a delegation: not ours to know. */
  'elsewhere' | 'has-address' | 'alias' | 'no-address' | 'missing';

/** Steered names and ALIAS owners have addresses too. */
export function hostState(zone: Zone, host: Name, steeredElsewhere: ReadonlySet<Name>): HostState {
  if (!isAtOrBelow(host, zone.origin)) return 'elsewhere';
  if (steeredElsewhere.has(host)) return 'has-address';
  const found = lookupName(zone, host, TYPES.A);
  if (found.kind === 'delegation') return 'elsewhere';
  if (found.kind === 'no-such-name')
    return hasSteeredWildcard(zone, host, steeredElsewhere) ? 'has-address' : 'missing';
  if (steeredElsewhere.has(found.source) || hasAddress(zone, found.source, found.node)) return 'has-address';
  return found.node.rrsets.has(TYPES.CNAME) ? 'alias' : 'no-address';
}

/** A wildcard that the configuration steers is no node of the zone yet. */
function hasSteeredWildcard(zone: Zone, host: Name, steeredElsewhere: ReadonlySet<Name>): boolean {
  for (let at = host; at !== zone.origin; ) {
    at = parentOf(at);
    if (steeredElsewhere.has(wildcardUnder(at))) return true;
  }
  return false;
}

/** Addresses of the name itself, whether it lies below a delegation (glue) or not. */
export function hasAddress(zone: Zone, name: Name, node = zone.nodes.get(name)): boolean {
  return isAddressed(node) || zone.steering.has(name) || zone.aliases.has(name);
}

function isAddressed(node: ZoneNode | undefined): boolean {
  return node !== undefined && (node.rrsets.has(TYPES.A) || node.rrsets.has(TYPES.AAAA));
}

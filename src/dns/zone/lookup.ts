// Finds a name in a zone (RFC 1034 section 4.3.2 step 3, RFC 4592): from the apex down, so that a delegation on the way
// wins over anything below it, and so that the closest encloser for a wildcard is at hand when a label is missing.

import { TYPES } from '../wire/constants.ts';
import { type Name, parentOf, wildcardUnder } from '../wire/name.ts';
import type { RRset } from '../wire/record.ts';
import type { Zone, ZoneNode } from './zone.ts';

export type Lookup =
  /** `source` is the name the data is stored under: `*.…` when a wildcard matched. */
  | { kind: 'node'; node: ZoneNode; source: Name }
  | { kind: 'delegation'; cut: Name; nameServers: RRset }
  | { kind: 'no-such-name' };

/** `name` must be at or below the zone's origin. */
export function lookupName(zone: Zone, name: Name, type: number): Lookup {
  const path: Name[] = [];
  for (let at = name; at !== zone.origin; at = parentOf(at)) path.push(at);
  let closestEncloser = zone.origin;
  for (let i = path.length - 1; i >= 0; i--) {
    const at = path[i] as Name;
    const node = zone.nodes.get(at);
    if (!node) return lookupWildcard(zone, closestEncloser);
    const nameServers = node.rrsets.get(TYPES.NS);
    // The DS record of a cut is the parent's own data (RFC 4035 section 3.1.4.1).
    if (nameServers && !(i === 0 && type === TYPES.DS)) return { kind: 'delegation', cut: at, nameServers };
    closestEncloser = at;
  }
  const node = zone.nodes.get(name);
  return node ? { kind: 'node', node, source: name } : { kind: 'no-such-name' };
}

function lookupWildcard(zone: Zone, closestEncloser: Name): Lookup {
  const source = wildcardUnder(closestEncloser);
  const node = zone.nodes.get(source);
  return node ? { kind: 'node', node, source } : { kind: 'no-such-name' };
}

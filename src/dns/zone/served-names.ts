// The names that a question can be answered for from our own zones without asking which zone it is in: the hot path keeps
// them in one table (wire/name-table.ts) and takes the general way (findZone, then lookupName) for all others.

import { TYPES } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import { lookupName } from './lookup.ts';
import { findZone, type Zone } from './zone.ts';

/** Every name that exists, empty non-terminals too, and lies neither at nor below a delegation; with the zone that has it. */
export function* servedNames(zones: ReadonlyMap<Name, Zone>): Generator<[name: Name, zone: Zone], void> {
  for (const zone of zones.values()) {
    for (const name of zone.nodes.keys()) {
      if (findZone(zones, name) === zone && lookupName(zone, name, TYPES.A).kind === 'node')
        yield [name, zone];
    }
  }
}

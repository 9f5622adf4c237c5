// All zones in one Map for the hot path: a question for a name that exists and is ours to answer costs one Map lookup,
// where the general way (findZone, then lookupName) costs one or two per label. The general way stays the definition:
// `lookupIndexed` finds the same for every name and type, wildcards and delegations included.

import { TYPES } from '../wire/constants.ts';
import { type Name, parentOf, ROOT, wildcardUnder } from '../wire/name.ts';
import type { RRset } from '../wire/record.ts';
import { type Lookup, lookupName } from './lookup.ts';
import { findZone, type Zone, type ZoneNode } from './zone.ts';

export interface IndexedName {
  zone: Zone;
  node: ZoneNode;
}

export interface ZoneIndex {
  /** Every name that exists, empty non-terminals too, and lies neither at nor below a delegation. */
  names: ReadonlyMap<Name, IndexedName>;
  /** The delegations out of our zones; a zone of ours below another has its apex in `names` instead. */
  cuts: ReadonlyMap<Name, { zone: Zone; nameServers: RRset }>;
  zones: ReadonlyMap<Name, Zone>;
}

/** Build it when all names are in the zones, those that the configuration steers too. */
export function buildZoneIndex(zones: ReadonlyMap<Name, Zone>): ZoneIndex {
  const names = new Map<Name, IndexedName>();
  const cuts = new Map<Name, { zone: Zone; nameServers: RRset }>();
  for (const zone of zones.values()) {
    for (const [name, node] of zone.nodes) {
      const found = findZone(zones, name) === zone ? lookupName(zone, name, TYPES.A) : undefined;
      if (found?.kind === 'node') names.set(name, { zone, node });
      else if (found?.kind === 'delegation' && found.cut === name) {
        cuts.set(name, { zone, nameServers: found.nameServers });
      }
    }
  }
  return { names, cuts, zones };
}

/** As findZone and then lookupName would have it; undefined when the name is in none of our zones. */
export function lookupIndexed(
  index: ZoneIndex,
  name: Name,
  type: number,
): { zone: Zone; found: Lookup } | undefined {
  // The DS of a cut, or of a zone's apex, is the parent's (RFC 4035 section 3.1.4.1): rare, so the general way.
  if (type === TYPES.DS) return lookupGeneral(index.zones, name, type);
  const exact = index.names.get(name);
  if (exact) return { zone: exact.zone, found: { kind: 'node', node: exact.node, source: name } };
  for (let at = name; ; at = parentOf(at)) {
    const cut = index.cuts.get(at);
    if (cut) {
      return { zone: cut.zone, found: { kind: 'delegation', cut: at, nameServers: cut.nameServers } };
    }
    const encloser = index.names.get(at);
    if (encloser) {
      const source = wildcardUnder(at);
      const wildcard = encloser.zone.nodes.get(source);
      const found: Lookup = wildcard ? { kind: 'node', node: wildcard, source } : { kind: 'no-such-name' };
      return { zone: encloser.zone, found };
    }
    if (at === ROOT) return undefined;
  }
}

function lookupGeneral(
  zones: ReadonlyMap<Name, Zone>,
  name: Name,
  type: number,
): { zone: Zone; found: Lookup } | undefined {
  const zone = findZone(zones, name, type);
  return zone && { zone, found: lookupName(zone, name, type) };
}

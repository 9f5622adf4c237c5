// A zone in memory (RFC 1034 section 4.2): every owner name and every empty non-terminal above it, so that lookups can
// tell a name that does not exist from one that merely has no data.

import { TYPES } from '../wire/constants.ts';
import { isAtOrBelow, type Name, parentOf } from '../wire/name.ts';
import { soaMinimumSeconds } from '../wire/rdata.ts';
import type { OwnedRRset, Rdata, RRset } from '../wire/record.ts';
import type { AliasRecord, SteeringRecord } from './steering-record.ts';

export interface ZoneNode {
  /** By type; empty for an empty non-terminal. */
  rrsets: Map<number, RRset>;
}

export interface Zone {
  origin: Name;
  /** File it was read from, for messages. */
  file: string;
  nodes: Map<Name, ZoneNode>;
  /** Of the SOA: what a secondary and a NOTIFY go by. */
  serial: number;
  /** STEER records by owner (wildcards too); each has a node, and no addresses of its own. */
  steering: Map<Name, SteeringRecord>;
  /** ALIAS records by owner, likewise. */
  aliases: Map<Name, AliasRecord>;
  /** The SOA record as negative answers carry it: its TTL is the lesser of its own and its MINIMUM (RFC 2308 section 3). */
  negativeSoa: OwnedRRset;
}

/** The node of a name, made with all empty non-terminals up to the apex when it is not there. */
export function addNode(nodes: Map<Name, ZoneNode>, origin: Name, name: Name): ZoneNode {
  let node = nodes.get(name);
  if (!node) {
    node = { rrsets: new Map() };
    nodes.set(name, node);
    if (name !== origin) addNode(nodes, origin, parentOf(name));
  }
  return node;
}

export function negativeSoaOf(origin: Name, soa: RRset): OwnedRRset {
  const minimum = soa.rdata[0] ? soaMinimumSeconds(soa.rdata[0]) : 0;
  return { ...soa, owner: origin, ttlSeconds: Math.min(soa.ttlSeconds, minimum) };
}

/** Targets of NS, MX, SRV and alike: the names in the RDATA. */
export function namesIn(rrset: { rdata: readonly Rdata[] }): Name[] {
  return rrset.rdata.flatMap((rdata) => rdata.parts.filter((part) => typeof part === 'string'));
}

/** The zone that a name is in: the one with the longest matching origin. A DS question is the parent zone's (RFC 4035 3.1.4.1). */
export function findZone(
  zones: ReadonlyMap<Name, Zone>,
  name: Name,
  type: number = TYPES.A,
): Zone | undefined {
  for (let origin = name; ; origin = parentOf(origin)) {
    const zone = zones.get(origin);
    const parentIsBetter =
      zone && type === TYPES.DS && origin === name && findZone(zones, parentOf(name)) !== undefined;
    if (zone && !(parentIsBetter && name.length > 1)) return zone;
    if (origin.length === 1) return undefined;
  }
}

/** Addresses held here for a name, such as a name server's: glue and additional data. */
export function addressRecords(zones: ReadonlyMap<Name, Zone>, host: Name, within?: Zone): OwnedRRset[] {
  const zone = within && isAtOrBelow(host, within.origin) ? within : findZone(zones, host);
  const node = zone?.nodes.get(host);
  const found: OwnedRRset[] = [];
  for (const type of [TYPES.A, TYPES.AAAA]) {
    const rrset = node?.rrsets.get(type);
    if (rrset) found.push({ ...rrset, owner: host });
  }
  return found;
}

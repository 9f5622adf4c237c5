// What a zone can be served with, but its owner hardly wants: targets that lead nowhere, glue that is missing, data that
// no question reaches, timers that make no sense. named-checkzone says most of these too.

import type { Problem } from '../../base/errors.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, isAtOrBelow, type Name, parentOf, ROOT } from '../wire/name.ts';
import { flatten } from '../wire/rdata.ts';
import type { RRset } from '../wire/record.ts';
import { hasAddress, hostState } from './host-state.ts';
import { lookupName } from './lookup.ts';
import type { RecordPlaces } from './record-places.ts';
import { namesIn, type Zone, type ZoneNode } from './zone.ts';

/** Types whose target must be a host with addresses, and must not be a CNAME (RFC 2181 section 10.3, RFC 2782). */
const TARGET_TYPES = [TYPES.MX, TYPES.SRV, TYPES.SVCB, TYPES.HTTPS];
/** What a parent may have at a cut: NS, DS, and addresses where the cut names itself as its server. */
const AT_CUT: ReadonlySet<number> = new Set([TYPES.NS, TYPES.DS, TYPES.A, TYPES.AAAA]);
/** Longer negative answers are a mistake: RFC 2308 section 5 advises one to three hours. */
const MAX_NEGATIVE_TTL_SECONDS = 86_400;
/** A steered name with this TTL and no minimum leaves clients at a dead POP for as long. */
const MAX_STEERED_TTL_SECONDS = 300;

interface Context {
  zone: Zone;
  places: RecordPlaces;
  steeredElsewhere: ReadonlySet<Name>;
  /** Hosts that NS records name: what below a cut is glue. */
  nameServers: ReadonlySet<Name>;
}

export function zoneWarnings(
  zone: Zone,
  places: RecordPlaces,
  steeredElsewhere: ReadonlySet<Name>,
): Problem[] {
  const context = { zone, places, steeredElsewhere, nameServers: nameServersOf(zone) };
  const warnings = [...soaWarnings(context), ...targetWarnings(context)];
  for (const [name, node] of zone.nodes) {
    const nameServers = node.rrsets.get(TYPES.NS);
    if (nameServers && name !== zone.origin) warnings.push(...glueWarnings(context, name, nameServers));
    warnings.push(...occludedWarnings(context, name, node));
    warnings.push(...nodeWarnings(context, name, node));
  }
  for (const [name, { ttl, file, line }] of zone.steering) {
    if (ttl.minSeconds <= MAX_STEERED_TTL_SECONDS) continue;
    const message = `${formatName(name)} is steered with a TTL of ${ttl.minSeconds} s: clients keep a dead POP that long`;
    warnings.push({ file, line, message, hint: 'write the TTL as MAX/MIN, such as `300/30`' });
  }
  return warnings;
}

function soaWarnings({ zone, places }: Context): Problem[] {
  const soa = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA);
  const bytes = soa?.rdata[0] && flatten(soa.rdata[0]);
  if (!bytes) return [];
  const [refresh = 0, retry = 0, expire = 0, minimum = 0] = [-16, -12, -8, -4].map((offset) =>
    bytes.readUInt32BE(bytes.length + offset),
  );
  const place = places(zone.origin, TYPES.SOA);
  const warnings: Problem[] = [];
  if (retry >= refresh) {
    const message = `SOA: retry (${retry} s) should be less than refresh (${refresh} s) (RFC 1912 2.2)`;
    warnings.push({ ...place, message });
  }
  if (expire < refresh + retry) {
    const message = `SOA: expire (${expire} s) is less than refresh and retry together: secondaries give up too early`;
    warnings.push({ ...place, message });
  }
  if (minimum > MAX_NEGATIVE_TTL_SECONDS) {
    const message = `SOA: minimum (${minimum} s) keeps "no such name" in caches for more than a day`;
    warnings.push({ ...place, message, hint: 'RFC 2308 section 5 advises 1 to 3 hours' });
  }
  return warnings;
}

/** One warning per type and target, however many names share the mistake. */
function targetWarnings(context: Context): Problem[] {
  const faults = new Map<string, { owner: Name; type: number; host: Name; fault: string; count: number }>();
  for (const [owner, { rrsets }] of context.zone.nodes) {
    for (const type of TARGET_TYPES) {
      const rrset = rrsets.get(type);
      if (!rrset) continue;
      for (const host of namesIn(rrset)) {
        const known = faults.get(`${type} ${host}`);
        const fault = known?.fault ?? targetFault(context, type, host);
        if (known) known.count++;
        else if (fault) faults.set(`${type} ${host}`, { owner, type, host, fault, count: 1 });
      }
    }
  }
  return [...faults.values()].map(({ owner, type, host, fault, count }) => {
    const others = count > 1 ? ` (and of ${count - 1} more)` : '';
    const message = `${formatName(owner)} ${typeName(type)}: the target ${formatName(host)} ${fault}${others}`;
    return { ...context.places(owner, type), message };
  });
}

function targetFault(context: Context, type: number, host: Name): string | undefined {
  // `.` says "not offered" (MX, SRV) or "the owner itself" (SVCB, HTTPS).
  if (host === ROOT) return undefined;
  switch (hostState(context.zone, host, context.steeredElsewhere)) {
    case 'alias':
      // A service binding's target may be an alias (RFC 9460 section 2.4).
      return type === TYPES.SVCB || type === TYPES.HTTPS ? undefined : 'is a CNAME';
    case 'no-address':
      return 'has no address';
    case 'missing':
      return 'is not in this zone';
    default:
      return undefined;
  }
}

function glueWarnings({ zone, places, steeredElsewhere }: Context, cut: Name, nameServers: RRset): Problem[] {
  const place = () => places(cut, TYPES.NS);
  return namesIn(nameServers).flatMap((host) => {
    if (isAtOrBelow(host, cut)) {
      if (hasAddress(zone, host) || steeredElsewhere.has(host)) return [];
      const message = `the name server ${formatName(host)} has no address in this zone: ${formatName(cut)} cannot be reached`;
      return [{ ...place(), message, hint: `add an A or AAAA record for ${formatName(host)} (glue)` }];
    }
    const state = hostState(zone, host, steeredElsewhere);
    if (state === 'alias') {
      const message = `the name server ${formatName(host)} of ${formatName(cut)} is a CNAME (RFC 2181 10.3)`;
      return [{ ...place(), message }];
    }
    // Below another delegation, its address is glue there, or in that zone.
    if (state === 'elsewhere' && isAtOrBelow(host, zone.origin) && !hasAddress(zone, host)) {
      const message = `the name server ${formatName(host)} of ${formatName(cut)} lies below another delegation, without glue here`;
      return [{ ...place(), message }];
    }
    if (state !== 'missing' && state !== 'no-address') return [];
    const message = `the name server ${formatName(host)} of ${formatName(cut)} has no address in this zone`;
    return [{ ...place(), message }];
  });
}

function occludedWarnings({ zone, places, nameServers }: Context, name: Name, node: ZoneNode): Problem[] {
  if (node.rrsets.size === 0) return [];
  const cut = cutAtOrAbove(zone, name);
  if (cut === undefined) {
    const misplaced = node.rrsets.has(TYPES.DS) && !node.rrsets.has(TYPES.NS);
    if (!misplaced) return [];
    const message = `${formatName(name)} has a DS record, but is no delegation`;
    return [{ ...places(name, TYPES.DS), message, hint: 'a DS stands in the parent, beside the NS records' }];
  }
  const types = [...node.rrsets.keys()];
  const visible = name === cut ? AT_CUT : nameServers.has(name) ? ADDRESSES : NOTHING;
  const hidden = types.filter((type) => !visible.has(type));
  if (hidden.length === 0) return [];
  const what = `${formatName(name)} ${hidden.map(typeName).join(', ')}`;
  const message = `${what} is never answered: ${formatName(cut)} is delegated`;
  return [{ ...places(name, hidden[0]), message }];
}

const ADDRESSES: ReadonlySet<number> = new Set([TYPES.A, TYPES.AAAA]);
const NOTHING: ReadonlySet<number> = new Set();

function nameServersOf(zone: Zone): Set<Name> {
  const hosts = new Set<Name>();
  for (const { rrsets } of zone.nodes.values()) {
    const nameServers = rrsets.get(TYPES.NS);
    if (nameServers) for (const host of namesIn(nameServers)) hosts.add(host);
  }
  return hosts;
}

/** The highest delegation that the name is at or below. */
function cutAtOrAbove(zone: Zone, name: Name): Name | undefined {
  let cut: Name | undefined;
  for (let above = name; above !== zone.origin; above = parentOf(above)) {
    if (zone.nodes.get(above)?.rrsets.has(TYPES.NS)) cut = above;
  }
  return cut;
}

function nodeWarnings(context: Context, name: Name, node: ZoneNode): Problem[] {
  const { zone, places } = context;
  const warnings: Problem[] = [];
  for (const rrset of node.rrsets.values()) {
    if (rrset.ttlSeconds > 0) continue;
    const message = `${formatName(name)} ${typeName(rrset.type)} has TTL 0: no resolver may keep it`;
    warnings.push({ ...places(name, rrset.type), message });
  }
  const nullMx = node.rrsets.get(TYPES.MX);
  if (nullMx && nullMx.rdata.length > 1 && namesIn(nullMx).includes(ROOT)) {
    const message = `${formatName(name)} has a null MX beside others (RFC 7505 3)`;
    warnings.push({ ...places(name, TYPES.MX), message });
  }
  const isHost = node.rrsets.has(TYPES.A) || node.rrsets.has(TYPES.AAAA) || nullMx !== undefined;
  if (isHost && !isHostName(name)) {
    const message = `${formatName(name)} is not a host name: letters, digits and hyphens (RFC 1123 2.1)`;
    warnings.push({ ...places(name), message });
  }
  if (name.includes('\x01*', 1) && hasWildcardInside(name) && node.rrsets.size > 0) {
    const message = `${formatName(name)} has a \`*\` that is not the first label: it stands for nothing (RFC 4592 2.1)`;
    warnings.push({ ...places(name), message });
  }
  if (node.rrsets.has(TYPES.CNAME)) warnings.push(...cnameWarnings(zone, places, name));
  return warnings;
}

/** A chain that comes back to itself; each of its names is warned of once. */
function cnameWarnings(zone: Zone, places: RecordPlaces, first: Name): Problem[] {
  const seen = new Set<Name>();
  const place = () => places(first, TYPES.CNAME);
  for (let name = first; ; ) {
    if (seen.has(name)) {
      return [{ ...place(), message: `${formatName(first)} is a CNAME that leads to itself` }];
    }
    seen.add(name);
    if (!isAtOrBelow(name, zone.origin)) return [];
    const found = lookupName(zone, name, TYPES.A);
    if (found.kind !== 'node') return [];
    const alias = found.node.rrsets.get(TYPES.CNAME);
    const target = alias && namesIn(alias)[0];
    if (target === undefined) return [];
    name = target;
  }
}

function isHostName(name: Name): boolean {
  const rest = name.startsWith('\x01*') ? parentOf(name) : name;
  for (let at = rest; at !== ROOT; at = parentOf(at)) {
    const label = at.slice(1, 1 + at.charCodeAt(0));
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) return false;
  }
  return true;
}

function hasWildcardInside(name: Name): boolean {
  for (let at = parentOf(name); at !== ROOT; at = parentOf(at)) if (at.startsWith('\x01*')) return true;
  return false;
}

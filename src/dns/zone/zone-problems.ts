// What is so wrong with a zone that it is not served: no name server that can be reached, two things at a name that
// exclude each other, steering where nobody could get it. The hints say what to change.

import type { Problem } from '../../base/errors.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, type Name } from '../wire/name.ts';
import { hostState } from './host-state.ts';
import { lookupName } from './lookup.ts';
import type { RecordPlaces } from './record-places.ts';
import { namesIn, type Zone, type ZoneNode } from './zone.ts';

export function zoneProblems(
  zone: Zone,
  places: RecordPlaces,
  steeredElsewhere: ReadonlySet<Name>,
): Problem[] {
  const problems = apexProblems(zone, places, steeredElsewhere);
  for (const [name, node] of zone.nodes) {
    problems.push(...cnameProblems(name, node, places));
    if (node.rrsets.has(TYPES.NS) && isWildcard(name)) {
      const message = 'NS at a wildcard has no defined meaning (RFC 4592 4.2)';
      problems.push({ ...places(name, TYPES.NS), message });
    }
  }
  for (const [name, place] of zone.steering) problems.push(...steeredProblems(zone, name, place, 'STEER'));
  for (const [name, place] of zone.aliases) problems.push(...steeredProblems(zone, name, place, 'ALIAS'));
  return problems;
}

function apexProblems(zone: Zone, places: RecordPlaces, steeredElsewhere: ReadonlySet<Name>): Problem[] {
  const nameServers = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.NS);
  if (!nameServers) {
    const message = `the zone ${formatName(zone.origin)} has no NS record`;
    return [{ ...places(zone.origin, TYPES.SOA), message }];
  }
  return namesIn(nameServers).flatMap((host) => {
    const place = places(zone.origin, TYPES.NS);
    const state = hostState(zone, host, steeredElsewhere);
    if (state === 'alias') {
      const message = `the name server ${formatName(host)} is a CNAME`;
      return [{ ...place, message, hint: 'NS must name a host with addresses (RFC 2181 10.3)' }];
    }
    if (state !== 'missing' && state !== 'no-address') return [];
    const message = `the name server ${formatName(host)} has no address in this zone`;
    return [{ ...place, message, hint: `add an A or AAAA record for ${formatName(host)}` }];
  });
}

function cnameProblems(name: Name, { rrsets }: ZoneNode, places: RecordPlaces): Problem[] {
  if (rrsets.size < 2 || !rrsets.has(TYPES.CNAME)) return [];
  const others = [...rrsets.keys()].filter((type) => type !== TYPES.CNAME).map(typeName);
  const message = `${formatName(name)} has a CNAME beside ${others.join(', ')}`;
  const hint = 'an alias has no other data (RFC 1034 3.6.2)';
  return [{ ...places(name, TYPES.CNAME), message, hint }];
}

function steeredProblems(
  zone: Zone,
  name: Name,
  { file, line }: { file: string; line: number },
  kind: 'STEER' | 'ALIAS',
): Problem[] {
  const problems: Problem[] = [];
  const report = (message: string, hint: string) => problems.push({ file, line, message, hint });
  const rrsets = zone.nodes.get(name)?.rrsets;
  const beside = [TYPES.A, TYPES.AAAA, TYPES.CNAME].filter((type) => rrsets?.has(type)).map(typeName);
  if (kind === 'STEER' && zone.aliases.has(name)) beside.push('ALIAS');
  if (beside.length > 0) {
    report(`${formatName(name)} has ${kind} beside ${beside.join(', ')}`, 'remove one of the two');
  }
  // Asked as an address would be, a wildcard's own name too: what a delegation hides is never answered from here.
  const found = lookupName(zone, name, TYPES.A);
  if (found.kind === 'delegation') {
    const where = found.cut === name ? 'at' : 'below';
    report(
      `${formatName(name)} has ${kind} ${where} the delegation of ${formatName(found.cut)}`,
      'steer it in the zone that is delegated to, or remove the NS records',
    );
  }
  return problems;
}

function isWildcard(name: Name): boolean {
  return name.startsWith('\x01*');
}
